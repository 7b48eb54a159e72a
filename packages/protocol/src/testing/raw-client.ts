import type { Channel } from "../channel/channel.ts";
import { decodeFrame, encodeFrame, sealRecordFrame, type Frame } from "../channel/frames.ts";
import { startHandshake } from "../channel/noise.ts";
import type { ServerKey } from "../channel/server-key.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import type { RandomSource } from "../crypto/random-source.ts";
import { TributaryError } from "../errors.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { dueArtifacts } from "../model/download.ts";
import { PROTOCOL_VERSIONS } from "../version.ts";
import { encodeClientMessage, decodeServerMessage } from "../wire/codec.ts";
import type {
  ClientMessage,
  Delivery,
  ServerMessage,
  ServerMessageType,
} from "../wire/messages.ts";

/** What a raw client needs of a WebSocket; those of the package `ws` have it. */
export interface RawSocket {
  send(bytes: Uint8Array): void;
  ping(): void;
  terminate(): void;
  on(event: "message", listener: (data: unknown) => void): unknown;
  on(event: "error", listener: () => void): unknown;
  once(event: "open" | "pong", listener: () => void): unknown;
  once(event: "close", listener: (code: number) => void): unknown;
  once(
    event: "unexpected-response",
    listener: (request: unknown, response: { readonly statusCode?: number | undefined }) => void,
  ): unknown;
}

export interface RawClientDeps {
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  /** The key that the client pins. */
  readonly serverKey: ServerKey;
}

/** A message or a sealed chunk, as it came. */
export type Received = ServerMessage | SealedChunk;
export type SealedChunk = Extract<Frame, { readonly kind: "sealedChunk" }>;
export type Configuration = Extract<ServerMessage, { readonly type: "roundConfiguration" }>;
type CheckIn = Extract<ClientMessage, { readonly type: "checkIn" }>;
type ModelRequest = Extract<ClientMessage, { readonly type: "modelRequest" }>;
type ReportBegin = Extract<ClientMessage, { readonly type: "reportBegin" }>;

/**
 * A client made of the protocol's parts alone, which does as it is told, right or wrong: for tests and measurements of a
 * server. It checks nothing but what it must to go on.
 *
 * ```ts
 * const client = new RawClient(new WebSocket(url, [WEBSOCKET_SUBPROTOCOL]), { crypto, random, serverKey });
 * await client.greet();
 * client.checkIn("keyboard");
 * await client.expect("checkInAccepted");
 * ```
 */
export class RawClient<Socket extends RawSocket = RawSocket> {
  readonly socket: Socket;
  /** Resolves when the WebSocket is open; rejects when it is refused, with the HTTP status if there is one. */
  readonly opened: Promise<void>;
  /** Resolves with the close code, whoever closed. */
  readonly closed: Promise<number>;
  /** Undefined before the handshake. */
  channel: Channel | undefined;
  readonly #deps: RawClientDeps;
  readonly #queue: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(socket: Socket, deps: RawClientDeps) {
    this.socket = socket;
    this.#deps = deps;
    // What goes wrong ends in "close".
    socket.on("error", () => {});
    this.opened = new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("unexpected-response", (_request, response) => {
        reject(new TributaryError("CONNECTION_FAILED", `HTTP ${response.statusCode}`));
        socket.terminate();
      });
      socket.once("close", () =>
        reject(new TributaryError("CONNECTION_FAILED", "The connection was refused")),
      );
    });
    this.opened.catch(() => {}); // for whoever waits for `closed` alone
    this.closed = new Promise((resolve) => {
      socket.once("close", (code) => {
        this.#isClosed = true;
        this.#wake?.();
        resolve(code);
      });
    });
    socket.on("message", (data) => {
      if (data instanceof Uint8Array) this.#queue.push(data);
      this.#wake?.();
    });
  }

  async shakeHands(): Promise<void> {
    const { crypto, random, serverKey } = this.#deps;
    const handshake = startHandshake({ crypto, random, serverChannelKey: serverKey.channel });
    this.sendBytes(encodeFrame({ kind: "handshake", body: handshake.message }));
    const frame = decodeFrame(await this.#nextBytes());
    if (frame.kind !== "handshake") throw surprise(`A ${frame.kind} frame came first`);
    this.channel = handshake.finish(frame.body);
  }

  /** Opens, shakes hands and is welcomed. */
  async greet(software = "raw"): Promise<this> {
    await this.opened;
    await this.shakeHands();
    const { oldest, newest } = PROTOCOL_VERSIONS;
    this.send({ type: "hello", oldestVersion: oldest, newestVersion: newest, software });
    await this.expect("welcome");
    return this;
  }

  /** Sends one WebSocket message. */
  sendBytes(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /** A record frame that holds these bytes, sent or not. */
  seal(plaintext: Uint8Array): Uint8Array {
    if (this.channel === undefined) throw surprise("There is no channel yet");
    return sealRecordFrame(this.channel, plaintext);
  }

  sendRecord(plaintext: Uint8Array): void {
    this.sendBytes(this.seal(plaintext));
  }

  send(message: ClientMessage): void {
    this.sendRecord(encodeClientMessage(message));
  }

  checkIn(population: string, changes: Partial<CheckIn> = {}): void {
    this.send({
      type: "checkIn",
      population,
      codecs: ["float32", "uniform"],
      maxParameters: DEFAULT_LIMITS.maxParameters,
      exampleCount: 10,
      heldOutCount: 0,
      heldArtifacts: [],
      ...changes,
    });
  }

  requestModel(population: string, changes: Partial<ModelRequest> = {}): void {
    this.send({ type: "modelRequest", population, heldArtifacts: [], ...changes });
  }

  /** Checks in, and takes configuration and model. */
  async joinRound(population: string, changes: Partial<CheckIn> = {}): Promise<Configuration> {
    this.checkIn(population, changes);
    await this.expect("checkInAccepted");
    const configuration = await this.expect("roundConfiguration");
    await this.chunks(chunkCount(configuration.delivery, changes.heldArtifacts));
    return configuration;
  }

  configured({ roundId }: Configuration): void {
    this.send({ type: "configured", roundId });
  }

  beginReport(
    { roundId, reportNonce }: Configuration,
    changes: Partial<ReportBegin> & Pick<ReportBegin, "updateBytes">,
  ): void {
    this.send({
      type: "reportBegin",
      roundId,
      reportNonce,
      exampleCount: 10,
      codec: "float32",
      metrics: [{ name: "loss", value: 1 }],
      ...changes,
    });
  }

  async next(): Promise<Received> {
    const frame = decodeFrame(await this.#nextBytes());
    if (frame.kind === "sealedChunk") return frame;
    if (this.channel === undefined) throw surprise("There is no channel yet");
    return decodeServerMessage(this.channel.open(frame.body));
  }

  /** The next message, which must be of this type and come before any sealed chunk. */
  async expect<Type extends ServerMessageType>(
    type: Type,
  ): Promise<Extract<ServerMessage, { type: Type }>> {
    const received = await this.next();
    if (isOfType(received, type)) return received;
    throw surprise(
      `${"kind" in received ? "A sealed chunk" : JSON.stringify(received)} instead of ${type}`,
    );
  }

  /** The next message of this type; what comes before it is dropped. */
  async waitFor<Type extends ServerMessageType>(
    type: Type,
  ): Promise<Extract<ServerMessage, { type: Type }>> {
    for (;;) {
      const received = await this.next();
      if (isOfType(received, type)) return received;
    }
  }

  /** The next sealed chunks, before which nothing else may come. */
  async chunks(count: number): Promise<SealedChunk[]> {
    const chunks: SealedChunk[] = [];
    while (chunks.length < count) {
      const received = await this.next();
      if (!("kind" in received)) throw surprise(`${received.type} instead of a sealed chunk`);
      chunks.push(received);
    }
    return chunks;
  }

  /** Waits until the server has handled all that was sent before. */
  async settled(): Promise<void> {
    const pong = new Promise<void>((resolve) => this.socket.once("pong", resolve));
    this.socket.ping();
    await pong;
  }

  async #nextBytes(): Promise<Uint8Array> {
    for (;;) {
      const bytes = this.#queue.shift();
      if (bytes !== undefined) return bytes;
      if (this.#isClosed) {
        throw new TributaryError("CONNECTION_LOST", "The connection is closed");
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

function isOfType<Type extends ServerMessageType>(
  received: Received,
  type: Type,
): received is Extract<ServerMessage, { type: Type }> {
  return "type" in received && received.type === type;
}

/** How many sealed chunks a server sends to a client that holds these artifacts. */
function chunkCount(delivery: Delivery, held: CheckIn["heldArtifacts"] = []): number {
  return dueArtifacts(delivery, (id) => held.includes(id)).reduce(
    (count, { byteLength }) => count + Math.ceil(byteLength / DEFAULT_LIMITS.sealedChunkBytes),
    0,
  );
}

function surprise(what: string): TributaryError {
  return new TributaryError("UNEXPECTED_MESSAGE", what);
}
