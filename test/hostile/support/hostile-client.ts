import { WebSocket } from "ws";
import {
  WEBSOCKET_SUBPROTOCOL,
  decodeFrame,
  decodeServerMessage,
  encodeClientMessage,
  encodeFrame,
  parseServerKey,
  sealRecordFrame,
  seededRandom,
  startHandshake,
  type Channel,
  type ClientMessage,
  type Frame,
  type RandomSource,
  type ServerMessage,
  type ServerMessageType,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";

export const crypto = createNodeCryptoProvider();
/** The seed of everything that these tests draw. */
export const random: RandomSource = seededRandom(crypto, 2_026);

export type Configuration = Extract<ServerMessage, { type: "roundConfiguration" }>;
type Received = ServerMessage | Extract<Frame, { kind: "sealedChunk" }>;

/** Parameters of the model that all these tests train: logistic regression from 784 to 10. */
export const DIMENSION = 7_850;

/** A client made of the protocol's parts, which does as it is told, right or wrong. */
export class HostileClient {
  readonly socket: WebSocket;
  /** The close code. */
  readonly closed: Promise<number>;
  channel: Channel | undefined;
  readonly #serverKey: string;
  readonly #queue: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;

  private constructor(socket: WebSocket, serverKey: string) {
    this.socket = socket;
    this.#serverKey = serverKey;
    socket.on("error", () => {});
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

  static async connect(
    url: string,
    serverKey: string,
    options: { readonly localAddress?: string; readonly autoPong?: boolean } = {},
  ): Promise<HostileClient> {
    const socket = new WebSocket(url, [WEBSOCKET_SUBPROTOCOL], {
      perMessageDeflate: false,
      ...options,
    });
    const client = new HostileClient(socket, serverKey);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("close", () => reject(new Error("The connection was refused")));
    });
    return client;
  }

  async shakeHands(): Promise<void> {
    const { channel } = parseServerKey(this.#serverKey);
    const handshake = startHandshake({ crypto, random, serverChannelKey: channel });
    this.sendBytes(encodeFrame({ kind: "handshake", body: handshake.message }));
    const frame = decodeFrame(await this.#nextBytes());
    if (frame.kind !== "handshake") throw new Error(`A ${frame.kind} frame came first`);
    this.channel = handshake.finish(frame.body);
  }

  async greet(): Promise<this> {
    await this.shakeHands();
    this.send({ type: "hello", oldestVersion: 1, newestVersion: 1, software: "hostile" });
    await this.expect("welcome");
    return this;
  }

  sendBytes(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  /** Seals a message and returns the frame, sent or not. */
  seal(plaintext: Uint8Array): Uint8Array {
    if (this.channel === undefined) throw new Error("There is no channel yet");
    return sealRecordFrame(this.channel, plaintext);
  }

  send(message: ClientMessage): void {
    this.sendBytes(this.seal(encodeClientMessage(message)));
  }

  checkIn(population: string, more: { readonly token?: string } = {}): void {
    this.send({
      type: "checkIn",
      population,
      codecs: ["float32", "uniform"],
      maxParameters: 100_000_000,
      exampleCount: 10,
      heldOutCount: 0,
      heldArtifacts: [],
      ...more,
    });
  }

  /** The next message, which must be of this type; sealed chunks before it are dropped. */
  async expect<Type extends ServerMessageType>(
    type: Type,
  ): Promise<Extract<ServerMessage, { type: Type }>> {
    for (;;) {
      const received = await this.next();
      if ("kind" in received) continue;
      if (received.type !== type) throw new Error(`${JSON.stringify(received)} instead of ${type}`);
      return received as Extract<ServerMessage, { type: Type }>;
    }
  }

  async next(): Promise<Received> {
    const frame = decodeFrame(await this.#nextBytes());
    if (frame.kind === "sealedChunk") return frame;
    if (this.channel === undefined) throw new Error("There is no channel yet");
    return decodeServerMessage(this.channel.open(frame.body));
  }

  /** Waits until the server has handled all that was sent before. */
  async settled(): Promise<void> {
    const pong = new Promise((resolve) => this.socket.once("pong", resolve));
    this.socket.ping();
    await pong;
  }

  async joinRound(population: string): Promise<Configuration> {
    this.checkIn(population);
    await this.expect("checkInAccepted");
    return this.expect("roundConfiguration");
  }

  configured({ roundId }: Configuration): void {
    this.send({ type: "configured", roundId });
  }

  begin(
    { roundId, reportNonce }: Configuration,
    changes: Partial<Extract<ClientMessage, { type: "reportBegin" }>> = {},
  ): void {
    this.send({
      type: "reportBegin",
      roundId,
      reportNonce,
      exampleCount: 10,
      codec: "float32",
      updateBytes: 4 * DIMENSION,
      metrics: [{ name: "loss", value: 1 }],
      ...changes,
    });
  }

  /** A whole report of this update. @returns What the server said to it. */
  async report(
    configuration: Configuration,
    update: Float32Array,
  ): Promise<Extract<ServerMessage, { type: "reportResult" }>> {
    this.configured(configuration);
    this.begin(configuration);
    await this.expect("reportGrant");
    this.send({ type: "reportChunk", data: payloadOf(update) });
    return this.expect("reportResult");
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

export function payloadOf(update: Float32Array): Uint8Array {
  return new Uint8Array(update.buffer, update.byteOffset, update.byteLength);
}

/** An update that an honest client may send. */
export const honestUpdate: Float32Array = new Float32Array(DIMENSION).fill(0.01);
