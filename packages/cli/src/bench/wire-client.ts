import { connect as connectTcp } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";
import { WebSocket } from "ws";
import {
  DEFAULT_LIMITS,
  WEBSOCKET_SUBPROTOCOL,
  cryptographicRandom,
  decodeFrame,
  decodeServerMessage,
  encodeClientMessage,
  encodeFrame,
  parseServerKey,
  sealRecordFrame,
  startHandshake,
  updateCodecNames,
  type Channel,
  type ClientMessage,
  type CryptoProvider,
  type Frame,
  type RandomSource,
  type ServerKey,
  type ServerMessage,
  type ServerMessageType,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";

/** Where a benchmark's clients connect, in a form that can be sent to another process. */
export interface BenchTarget {
  readonly url: string;
  readonly serverKey: string;
  /** PEM of the server's certificate. */
  readonly certificate: string;
}

/** What all clients of a process share. */
export interface WireDeps {
  readonly target: BenchTarget;
  readonly key: ServerKey;
  readonly secureContext: SecureContext;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
}

export function wireDeps(target: BenchTarget): WireDeps {
  const crypto = createNodeCryptoProvider();
  return {
    target,
    key: parseServerKey(target.serverKey),
    secureContext: createSecureContext({ ca: target.certificate }),
    crypto,
    random: cryptographicRandom(crypto),
  };
}

/**
 * One of this machine's own addresses. Linux has all of 127.0.0.0/8, so that clients can come from many addresses as
 * they would from a network; elsewhere there is one.
 */
export function loopbackAddress(index: number): string {
  if (process.platform !== "linux") return "127.0.0.1";
  return `127.${1 + (index >> 16)}.${(index >> 8) & 255}.${1 + (index % 254)}`;
}

/** Opens a WebSocket to the target. */
export async function openSocket(deps: WireDeps, localAddress: string): Promise<WebSocket> {
  const { hostname, port, protocol } = new URL(deps.target.url);
  const address = { host: hostname, port: Number(port), localAddress };
  const socket = new WebSocket(deps.target.url, [WEBSOCKET_SUBPROTOCOL], {
    perMessageDeflate: false,
    handshakeTimeout: 60_000,
    createConnection: () =>
      protocol === "wss:"
        ? connectTls({ ...address, secureContext: deps.secureContext })
        : connectTcp(address),
  });
  socket.on("error", () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("close", () => reject(new Error("The connection was refused")));
  });
  return socket;
}

type Received = ServerMessage | Extract<Frame, { kind: "sealedChunk" }>;

/** A client without an SDK: it speaks the protocol through WebSocket, TLS and the inner channel, right or wrong. */
export class WireClient {
  readonly socket: WebSocket;
  /** Resolves with the close code, whoever closed. */
  readonly closed: Promise<number>;
  readonly #deps: WireDeps;
  readonly #queue: Uint8Array[] = [];
  #channel: Channel | undefined;
  #wake: (() => void) | undefined;
  #isClosed = false;

  private constructor(socket: WebSocket, deps: WireDeps) {
    this.socket = socket;
    this.#deps = deps;
    this.closed = new Promise((resolve) => {
      socket.once("close", (code) => {
        this.#isClosed = true;
        this.#wake?.();
        resolve(code);
      });
    });
    socket.on("message", (data: Buffer) => {
      this.#queue.push(data);
      this.#wake?.();
    });
  }

  /** Opens a WebSocket, and says nothing yet. */
  static async connect(deps: WireDeps, localAddress: string): Promise<WireClient> {
    return new WireClient(await openSocket(deps, localAddress), deps);
  }

  /** Connects and goes through handshake and greeting. */
  static async greeted(deps: WireDeps, localAddress: string): Promise<WireClient> {
    const client = await WireClient.connect(deps, localAddress);
    await client.shakeHands();
    client.send({ type: "hello", oldestVersion: 1, newestVersion: 1, software: "bench" });
    await client.expect("welcome");
    return client;
  }

  async shakeHands(): Promise<void> {
    const { crypto, random, key } = this.#deps;
    const handshake = startHandshake({ crypto, random, serverChannelKey: key.channel });
    this.sendBytes(encodeFrame({ kind: "handshake", body: handshake.message }));
    const frame = decodeFrame(await this.#nextBytes());
    if (frame.kind !== "handshake") throw new Error(`A ${frame.kind} frame came first`);
    this.#channel = handshake.finish(frame.body);
  }

  sendBytes(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  send(message: ClientMessage): void {
    this.sendRecord(encodeClientMessage(message));
  }

  sendRecord(plaintext: Uint8Array): void {
    if (this.#channel === undefined) throw new Error("There is no channel yet");
    this.sendBytes(sealRecordFrame(this.#channel, plaintext));
  }

  checkIn(population: string): void {
    this.send({
      type: "checkIn",
      population,
      codecs: updateCodecNames,
      maxParameters: DEFAULT_LIMITS.maxParameters,
      exampleCount: 10,
      heldArtifacts: [],
    });
  }

  async next(): Promise<Received> {
    const frame = decodeFrame(await this.#nextBytes());
    if (frame.kind === "sealedChunk") return frame;
    if (this.#channel === undefined) throw new Error("There is no channel yet");
    return decodeServerMessage(this.#channel.open(frame.body));
  }

  /** The next message of that type; what comes before it is dropped. */
  async expect<Type extends ServerMessageType>(
    type: Type,
  ): Promise<Extract<ServerMessage, { type: Type }>> {
    for (;;) {
      const received = await this.next();
      if ("type" in received && received.type === type) {
        return received as Extract<ServerMessage, { type: Type }>;
      }
    }
  }

  async #nextBytes(): Promise<Uint8Array> {
    for (;;) {
      const bytes = this.#queue.shift();
      if (bytes !== undefined) return bytes;
      if (this.#isClosed) throw new Error("The connection is closed");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
