import type { Socket, SocketConnector, SocketEnd, SocketRequest } from "../session/socket.ts";
import type { ConformanceCase } from "@tributary/protocol/testing";
import { ok } from "./expectations.ts";

/** The server's end of a socket under test. */
export interface SocketPeer {
  /** Frames that have arrived, in order. */
  readonly received: readonly Uint8Array[];
  /** Sends a binary message. */
  send(bytes: Uint8Array): void;
  /** Sends a text message, which the protocol forbids. */
  sendText(): void;
  /** Ends the connection with a closing handshake. */
  close(code: number, reason: string): void;
  /** Ends the connection without a closing handshake. */
  cut(): void;
  /** Stops reading from the network. */
  pause(): void;
  /** Reads from the network again. */
  resume(): void;
  /** Resolves with the close code when the connection is over. */
  readonly closed: Promise<number>;
}

/** A server that accepts one connection. */
export interface SocketServer {
  readonly url: string;
  /** The server's end, once a client has connected. */
  readonly peer: Promise<SocketPeer>;
  /** Ends the connection if there is one, and stops listening. */
  stop(): Promise<void>;
}

/** What the cases need from the test that runs them. */
export interface SocketConnectorFixture {
  readonly connect: SocketConnector;
  /** Starts a server that selects the subprotocol which the client offers. */
  readonly serve: () => Promise<SocketServer>;
}

/**
 * The conformance suite of the `Socket` port, for any test runner and platform.
 *
 * @example
 * for (const { name, run } of socketConnectorCases({ connect, serve })) it(name, run);
 */
export function socketConnectorCases({
  connect,
  serve,
}: SocketConnectorFixture): readonly ConformanceCase[] {
  return Object.entries(REQUIREMENTS).map(([name, requirement]) => ({
    name,
    run: async () => {
      const server = await serve();
      const listener = new SocketListener();
      try {
        const socket = connect(socketRequest(server.url), listener.events);
        await requirement({ socket, listener, server });
      } finally {
        await server.stop();
      }
    },
  }));
}

/** Makes a request with a session's default settings. */
export function socketRequest(url: string, changes: Partial<SocketRequest> = {}): SocketRequest {
  return {
    url,
    subprotocol: "tributary.v1",
    maxFrameBytes: 262_208,
    heartbeatIntervalMs: 20_000,
    ...changes,
  };
}

/** Records a socket's events and lets a test wait for them. */
export class SocketListener {
  isOpen = false;
  texts = 0;
  readonly frames: Uint8Array[] = [];
  readonly ends: SocketEnd[] = [];
  // Calls of `until` that wait for the next event.
  #watchers: (() => void)[] = [];

  readonly events = {
    /** The socket is open. */
    opened: (): void => {
      this.isOpen = true;
      this.#changed();
    },
    /** A binary message has come. */
    frame: (bytes: Uint8Array): void => {
      this.frames.push(bytes);
      this.#changed();
    },
    /** A text message has come. */
    text: (): void => {
      this.texts += 1;
      this.#changed();
    },
    /** The connection has ended. */
    closed: (end: SocketEnd): void => {
      this.ends.push(end);
      this.#changed();
    },
  };

  /** Resolves once `holds` is true, which is checked now and after every event. */
  async until(holds: (listener: this) => boolean): Promise<void> {
    while (!holds(this)) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** Resolves with the way in which the socket ended. */
  async end(): Promise<SocketEnd | undefined> {
    await this.until(({ ends }) => ends.length > 0);
    return this.ends[0];
  }

  #changed(): void {
    for (const watch of this.#watchers.splice(0)) watch();
  }
}

/** What a case works with. */
interface Scene {
  readonly socket: Socket;
  readonly listener: SocketListener;
  readonly server: SocketServer;
}

/** Checks one requirement. */
type Requirement = (scene: Scene) => Promise<void>;

/**
 * In all about 26 MB: more than the operating system buffers for a connection that nobody reads.
 */
const FLOOD_FRAMES = 100;
const FLOOD_FRAME_BYTES = 262_000;

const REQUIREMENTS: Readonly<Record<string, Requirement>> = {
  async "carries frames both ways, whole and in order"({ socket, listener, server }) {
    const peer = await opened(listener, server);
    const frames = [1, 70_000, 2, 0].map((length, i) => new Uint8Array(length).fill(i + 1));
    for (const frame of frames) {
      socket.send(frame);
      peer.send(frame);
    }
    await listener.until((heard) => heard.frames.length === frames.length);
    ok(sameFrames(listener.frames, frames), "the frames that came are those that were sent");
    ok(
      listener.frames.every((frame) => frame.constructor === Uint8Array),
      "frames are plain Uint8Arrays",
    );
    socket.close(1000, "");
    await listener.end();
    ok(sameFrames(peer.received, frames), "the peer got the frames that were sent");
  },

  async "reports a text message"({ listener, server }) {
    const peer = await opened(listener, server);
    peer.sendText();
    await listener.until(({ texts }) => texts === 1);
  },

  async "closes once, with the first code, and ignores later calls"({ socket, listener, server }) {
    const peer = await opened(listener, server);
    socket.close(4409, "UNEXPECTED_MESSAGE");
    socket.close(4400, "MALFORMED_FRAME");
    ok((await peer.closed) === 4409, "the peer receives the first code");
    await listener.end();
    socket.send(Uint8Array.of(1));
    await socket.drained(0);
    ok(socket.bufferedAmount === 0, "nothing is queued on a closed socket");
    ok(listener.ends.length === 1, "the closed event comes once");
  },

  async "reports the code with which the other end closed"({ listener, server }) {
    const peer = await opened(listener, server);
    peer.close(4503, "SERVER_STOPPING");
    const end = await listener.end();
    ok(end?.code === 4503 && end.reason === "SERVER_STOPPING", `closed with ${end?.code}`);
  },

  async "reports a connection that broke"({ listener, server }) {
    const peer = await opened(listener, server);
    peer.cut();
    const end = await listener.end();
    ok(end?.code === 1006, `closed with ${end?.code}`);
  },

  async "tells how much is queued, and when the queue has drained"({ socket, listener, server }) {
    const peer = await opened(listener, server);
    peer.pause();
    flood(socket);
    ok(socket.bufferedAmount > 1_000_000, `${socket.bufferedAmount} bytes are queued`);
    let hasDrained = false;
    const draining = socket.drained(500_000).then(() => (hasDrained = true));
    await Promise.resolve();
    ok(!hasDrained, "it waits while more is queued");
    peer.resume();
    await draining;
    ok(socket.bufferedAmount <= 500_000, `${socket.bufferedAmount} bytes are left`);
    socket.close(1000, "");
    await listener.end();
    ok(peer.received.length === FLOOD_FRAMES, "the queue is sent before the socket closes");
  },

  async "resolves calls that wait for the queue to drain when it closes"({
    socket,
    listener,
    server,
  }) {
    const peer = await opened(listener, server);
    peer.pause();
    flood(socket);
    const draining = socket.drained(0);
    peer.cut();
    await draining;
    await listener.end();
  },

  async "may be closed before it is open"({ socket, listener }) {
    socket.send(Uint8Array.of(1));
    socket.close(1000, "");
    await listener.end();
    ok(listener.frames.length === 0, "no frame arrives");
  },
};

/** Waits until both ends are open. */
async function opened(listener: SocketListener, server: SocketServer): Promise<SocketPeer> {
  const peer = await server.peer;
  await listener.until(({ isOpen }) => isOpen);
  return peer;
}

function flood(socket: Socket): void {
  for (let i = 0; i < FLOOD_FRAMES; i++) socket.send(new Uint8Array(FLOOD_FRAME_BYTES));
}

function sameFrames(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((frame, i) => sameBytes(frame, b[i]));
}

const sameBytes = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  a.length === b?.length && a.every((byte, i) => byte === b[i]);
