import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import {
  memoryConnector,
  type Socket,
  type SocketConnector,
  type SocketEnd,
  type SocketRequest,
} from "../src/index.ts";
import { connectWithWs } from "../src/platform/ws-socket.ts";

/** The other end, as the tests of every adapter need it. */
interface Peer {
  readonly received: Uint8Array[];
  send(bytes: Uint8Array): void;
  sendText(): void;
  close(code: number, reason: string): void;
  cut(): void;
  /** Stops and goes on reading. */
  pause(): void;
  resume(): void;
  readonly closed: Promise<{ readonly code: number }>;
}

interface Arena {
  readonly connect: SocketConnector;
  readonly url: string;
  readonly peer: Promise<Peer>;
  stop(): Promise<void>;
}

function memoryArena(): Promise<Arena> {
  let arrive: (peer: Peer) => void = () => {};
  const peer = new Promise<Peer>((resolve) => (arrive = resolve));
  const connect = memoryConnector((end) => {
    const received: Uint8Array[] = [];
    let close: (how: { code: number }) => void = () => {};
    const closed = new Promise<{ code: number }>((resolve) => (close = resolve));
    arrive({
      received,
      closed,
      send: (bytes) => end.send(bytes),
      sendText: () => end.sendText(),
      close: (code, reason) => end.close(code, reason),
      cut: () => end.cut(),
      pause: () => end.pause(),
      resume: () => end.resume(),
    });
    return { frame: (bytes) => received.push(bytes), text: () => {}, closed: close };
  });
  return Promise.resolve({ connect, url: "ws://localhost", peer, stop: () => Promise.resolve() });
}

async function wsArena(): Promise<Arena> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const peer = once(server, "connection").then(([socket]): Peer => {
    const ws = socket as WebSocket;
    const received: Uint8Array[] = [];
    ws.on("message", (data) => received.push(new Uint8Array(data as Buffer)));
    return {
      received,
      closed: once(ws, "close").then(([code]) => ({ code: code as number })),
      send: (bytes) => ws.send(bytes),
      sendText: () => ws.send("text"),
      close: (code, reason) => ws.close(code, reason),
      cut: () => ws.terminate(),
      pause: () => ws.pause(),
      resume: () => ws.resume(),
    };
  });
  return {
    connect: connectWithWs,
    url: `ws://127.0.0.1:${address.port}`,
    peer,
    stop: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

class Listener {
  readonly frames: Uint8Array[] = [];
  texts = 0;
  ends: SocketEnd[] = [];
  #watchers: (() => void)[] = [];
  isOpen = false;

  readonly events = {
    opened: (): void => {
      this.isOpen = true;
      this.#changed();
    },
    frame: (bytes: Uint8Array): void => {
      this.frames.push(bytes);
      this.#changed();
    },
    text: (): void => {
      this.texts += 1;
      this.#changed();
    },
    closed: (end: SocketEnd): void => {
      this.ends.push(end);
      this.#changed();
    },
  };

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  #changed(): void {
    for (const watch of this.#watchers.splice(0)) watch();
  }
}

const request = (url: string, changes: Partial<SocketRequest> = {}): SocketRequest => ({
  url,
  subprotocol: "tributary.v1",
  maxFrameBytes: 262_208,
  heartbeatIntervalMs: 20_000,
  ...changes,
});

describe.each([
  ["memory", memoryArena],
  ["ws", wsArena],
])("a socket over %s", (_, make) => {
  let stop = (): Promise<void> => Promise.resolve();
  afterEach(() => stop());

  async function open(): Promise<{ socket: Socket; listener: Listener; peer: Peer }> {
    const arena = await make();
    stop = arena.stop;
    const listener = new Listener();
    const socket = arena.connect(request(arena.url), listener.events);
    const peer = await arena.peer;
    await listener.until(() => listener.isOpen);
    return { socket, listener, peer };
  }

  it("carries frames both ways, whole and in order", async () => {
    const { socket, listener, peer } = await open();
    const frames = [1, 70_000, 2, 0].map((length, i) => new Uint8Array(length).fill(i + 1));
    for (const frame of frames) {
      socket.send(frame);
      peer.send(frame);
    }
    await listener.until(() => listener.frames.length === frames.length);
    expect(listener.frames).toEqual(frames);
    expect(listener.frames.every((frame) => frame.constructor === Uint8Array)).toBe(true);
    await socket.drained(0);
    socket.close(1000, "");
    await listener.until(() => listener.ends.length === 1);
    expect(peer.received).toEqual(frames);
  });

  it("tells of a text message", async () => {
    const { listener, peer } = await open();
    peer.sendText();
    await listener.until(() => listener.texts === 1);
    peer.close(1000, "");
  });

  it("closes once, with the code of who closed, and is deaf afterwards", async () => {
    const { socket, listener, peer } = await open();
    socket.close(4409, "UNEXPECTED_MESSAGE");
    socket.close(4400, "MALFORMED_FRAME");
    expect((await peer.closed).code).toBe(4409);
    await listener.until(() => listener.ends.length === 1);
    socket.send(Uint8Array.of(1));
    await socket.drained(0);
    expect(socket.bufferedAmount).toBe(0);
    expect(listener.ends).toHaveLength(1);
  });

  it("tells the code with which the other end closed", async () => {
    const { listener, peer } = await open();
    peer.close(4503, "SERVER_STOPPING");
    await listener.until(() => listener.ends.length === 1);
    expect(listener.ends[0]).toMatchObject({ code: 4503, reason: "SERVER_STOPPING" });
  });

  it("tells of a connection that broke", async () => {
    const { listener, peer } = await open();
    peer.cut();
    await listener.until(() => listener.ends.length === 1);
    expect(listener.ends[0]).toMatchObject({ code: 1006 });
  });

  it("says how much is queued, and when it has drained", async () => {
    const { socket, listener, peer } = await open();
    peer.pause();
    const frame = new Uint8Array(262_000);
    // More than the kernel's buffers take from a connection that is not read.
    for (let i = 0; i < 100; i++) socket.send(frame);
    expect(socket.bufferedAmount).toBeGreaterThan(1_000_000);
    let drained = false;
    const draining = socket.drained(500_000).then(() => (drained = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(drained).toBe(false);
    peer.resume();
    await draining;
    expect(socket.bufferedAmount).toBeLessThanOrEqual(500_000);
    socket.close(1000, "");
    await listener.until(() => listener.ends.length === 1);
    expect(peer.received).toHaveLength(100);
  });

  it("lets go of whoever waits for it to drain when it closes", async () => {
    const { socket, listener, peer } = await open();
    peer.pause();
    for (let i = 0; i < 100; i++) socket.send(new Uint8Array(262_000));
    const draining = socket.drained(0);
    peer.cut();
    await draining;
    await listener.until(() => listener.ends.length === 1);
  });

  it("may be closed before it is open", async () => {
    const arena = await make();
    stop = arena.stop;
    const listener = new Listener();
    const socket = arena.connect(request(arena.url), listener.events);
    socket.close(1000, "");
    await listener.until(() => listener.ends.length === 1);
    expect(listener.frames).toEqual([]);
  });
});

describe("a socket over ws", () => {
  it("fails with a remedy when nobody listens", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    server.close();
    await once(server, "close");
    if (address === null || typeof address === "string") throw new Error("there was no port");
    const listener = new Listener();
    connectWithWs(request(`ws://127.0.0.1:${address.port}`), listener.events);
    await listener.until(() => listener.ends.length === 1);
    expect(listener.ends[0]?.error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(listener.ends[0]?.error?.remedy).toMatch(/address/);
  });

  it("fails when the server does not select the subprotocol", async () => {
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port: 0,
      handleProtocols: () => false,
    });
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    const listener = new Listener();
    connectWithWs(request(`ws://127.0.0.1:${address.port}`), listener.events);
    await listener.until(() => listener.ends.length === 1);
    expect(listener.ends[0]?.error).toMatchObject({ code: "CONNECTION_FAILED" });
    server.close();
  });

  it("refuses a frame above the limit before it is in memory", async () => {
    const arena = await wsArena();
    const listener = new Listener();
    connectWithWs(request(arena.url, { maxFrameBytes: 1_000 }), listener.events);
    const peer = await arena.peer;
    peer.send(new Uint8Array(1_001));
    await listener.until(() => listener.ends.length === 1);
    expect(listener.ends[0]?.error).toMatchObject({ code: "FRAME_TOO_LARGE" });
    expect((await peer.closed).code).toBe(1009);
    expect(listener.frames).toEqual([]);
    await arena.stop();
  });

  it("is cut when the other end has fallen silent", async () => {
    const arena = await wsArena();
    const listener = new Listener();
    connectWithWs(request(arena.url, { heartbeatIntervalMs: 20 }), listener.events);
    const peer = await arena.peer;
    await listener.until(() => listener.isOpen);
    peer.pause();
    await listener.until(() => listener.ends.length === 1);
    expect(listener.ends[0]?.code).toBe(1006);
    await arena.stop();
  });

  it("stays when the other end answers its probes", async () => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the server has no port");
    const connected = once(server, "connection");
    const listener = new Listener();
    const socket = connectWithWs(
      request(`ws://127.0.0.1:${address.port}`, { heartbeatIntervalMs: 10 }),
      listener.events,
    );
    const [peer] = (await connected) as [WebSocket];
    for (let probes = 0; probes < 3; probes++) await once(peer, "ping");
    expect(listener.ends).toEqual([]);
    socket.close(1000, "");
    await listener.until(() => listener.ends.length === 1);
    server.close();
  });
});
