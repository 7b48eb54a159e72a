// A gateway on loopback in front of a coordinator in memory, and a client made by hand that can also misbehave.
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import {
  WEBSOCKET_SUBPROTOCOL,
  concatBytes,
  decodeFrame,
  decodeServerMessage,
  encodeClientMessage,
  encodeFrame,
  sealRecordFrame,
  serverKeyOf,
  startHandshake,
  type Channel,
  type ClientMessage,
  type CryptoProvider,
  type ErrorCode,
  type Frame,
  type RandomSource,
  type ServerKey,
  type ServerMessage,
  type ServerMessageType,
} from "@tributary/protocol";

import { Enrolment } from "../src/enrolment/enrolment.ts";
import { Gateway, type GatewayOptions } from "../src/gateway/gateway.ts";
import { TrustedProxies } from "../src/gateway/trusted-proxies.ts";
import type { CutReason } from "../src/gateway/visitors.ts";
import type { SessionHost } from "../src/gateway/session.ts";
import { makeWorld, type World, type WorldOptions } from "./coordinator-world.ts";

export interface GatewayWorld extends World {
  readonly gateway: Gateway;
  readonly enrolment: Enrolment;
  readonly url: string;
  readonly serverKey: ServerKey;
  /** Codes of the sessions that failed, in order. */
  readonly failures: ErrorCode[];
  /** Why connections were cut without a session's word, in order. */
  readonly cuts: CutReason[];
  /** Whose share was used up by the requests that were refused, in order. */
  readonly rateLimited: string[];
  /** A connected client that has said nothing yet. */
  connect(options?: ConnectOptions): Promise<WireClient>;
  /** A client that is greeted and idle. */
  greet(options?: ConnectOptions): Promise<WireClient>;
}

interface ConnectOptions {
  readonly protocols?: string[];
  readonly autoPong?: boolean;
  readonly serverKey?: ServerKey;
  /** What a proxy says of where the client comes from. */
  readonly forwardedFor?: string;
  readonly localAddress?: string;
}

export async function startGateway(
  options: WorldOptions & {
    readonly tls?: GatewayOptions["tls"];
    readonly trustedProxies?: readonly string[];
    readonly host?: SessionHost;
  } = {},
): Promise<GatewayWorld> {
  const world = makeWorld(options);
  const { crypto, secrets, random } = world;
  const failures: ErrorCode[] = [];
  const cuts: CutReason[] = [];
  const rateLimited: string[] = [];
  const { tls } = options;
  const enrolment = await Enrolment.load({
    store: world.storage.access,
    crypto,
    clock: world.clock,
    limits: world.limits,
    onRateLimited: () => rateLimited.push("device"),
  });
  const gateway = new Gateway(
    {
      host: "127.0.0.1",
      port: 0,
      ...(tls === undefined ? {} : { tls }),
      ...(options.trustedProxies === undefined
        ? {}
        : { trustedProxies: new TrustedProxies(options.trustedProxies) }),
    },
    {
      host: options.host ?? world.coordinator,
      doorkeeper: enrolment,
      crypto,
      random,
      secrets,
      clock: world.clock,
      limits: world.limits,
      logger: options.logger ?? { debug() {}, info() {}, warn() {}, error() {} },
      onFailure: (code) => failures.push(code),
      onRateLimited: (share) => rateLimited.push(share),
      onCut: (reason) => cuts.push(reason),
    },
  );
  const url = await gateway.start();
  onTestFinished(async () => {
    await world.coordinator.close();
    await gateway.close();
  });
  const serverKey = serverKeyOf(crypto, secrets);
  const connect = async (how: ConnectOptions = {}): Promise<WireClient> => {
    const socket = new WebSocket(url, how.protocols ?? [WEBSOCKET_SUBPROTOCOL], {
      perMessageDeflate: false,
      autoPong: how.autoPong ?? true,
      ...(how.forwardedFor === undefined
        ? {}
        : { headers: { "x-forwarded-for": how.forwardedFor } }),
      ...(how.localAddress === undefined ? {} : { localAddress: how.localAddress }),
      ...(tls === undefined ? {} : { ca: tls.cert }),
    });
    const client = new WireClient(socket, {
      crypto,
      random: random.derive("client"),
      serverKey: how.serverKey ?? serverKey,
    });
    await client.opened;
    return client;
  };
  return {
    ...world,
    gateway,
    enrolment,
    url,
    serverKey,
    failures,
    cuts,
    rateLimited,
    connect,
    async greet(how) {
      const client = await connect(how);
      await client.shakeHands();
      client.send({ type: "hello", oldestVersion: 1, newestVersion: 1, software: "test" });
      await client.expect("welcome");
      return client;
    },
  };
}

/** Waits for `holds` while sockets do their work. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`It never happened: ${what}`);
}

type Received = ServerMessage | Extract<Frame, { kind: "sealedChunk" }>;
type Chunk = Extract<Received, { kind: "sealedChunk" }>;

/** A client made by hand of the protocol's parts: it sends what a test tells it to, right or wrong. */
export class WireClient {
  readonly socket: WebSocket;
  /** Rejects with the HTTP status when the server refuses the upgrade. */
  readonly opened: Promise<void>;
  /** The close code. */
  readonly closed: Promise<number>;
  channel: Channel | undefined;
  readonly #crypto: CryptoProvider;
  readonly #random: RandomSource;
  readonly #serverKey: ServerKey;
  readonly #queue: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;

  constructor(
    socket: WebSocket,
    deps: {
      readonly crypto: CryptoProvider;
      readonly random: RandomSource;
      readonly serverKey: ServerKey;
    },
  ) {
    this.socket = socket;
    this.#crypto = deps.crypto;
    this.#random = deps.random;
    this.#serverKey = deps.serverKey;
    this.opened = new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("unexpected-response", (_request, response) => {
        reject(new Error(`HTTP ${response.statusCode}`));
        socket.terminate();
      });
      socket.on("error", reject);
    });
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

  async shakeHands(): Promise<void> {
    const handshake = startHandshake({
      crypto: this.#crypto,
      random: this.#random,
      serverChannelKey: this.#serverKey.channel,
    });
    this.sendBytes(encodeFrame({ kind: "handshake", body: handshake.message }));
    const frame = decodeFrame(await this.#nextBytes());
    if (frame.kind !== "handshake") throw new Error(`Not a handshake: ${frame.kind}`);
    this.channel = handshake.finish(frame.body);
  }

  sendBytes(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  send(message: ClientMessage): void {
    if (this.channel === undefined) throw new Error("No channel yet");
    this.sendBytes(sealRecordFrame(this.channel, encodeClientMessage(message)));
  }

  /** A record that holds these bytes. */
  sendRecord(plaintext: Uint8Array): void {
    if (this.channel === undefined) throw new Error("No channel yet");
    this.sendBytes(sealRecordFrame(this.channel, plaintext));
  }

  async next(): Promise<Received> {
    const frame = decodeFrame(await this.#nextBytes());
    if (frame.kind === "sealedChunk") return frame;
    if (this.channel === undefined) throw new Error("No channel yet");
    return decodeServerMessage(this.channel.open(frame.body));
  }

  /** The next message, which must be of this type. */
  async expect<Type extends ServerMessageType>(
    type: Type,
  ): Promise<Extract<ServerMessage, { type: Type }>> {
    const received = await this.next();
    if ("kind" in received) throw new Error(`A sealed chunk instead of ${type}`);
    if (received.type !== type) {
      throw new Error(`${JSON.stringify(received)} instead of ${type}`);
    }
    return received as Extract<ServerMessage, { type: Type }>;
  }

  async chunks(count: number): Promise<Chunk[]> {
    const chunks: Chunk[] = [];
    while (chunks.length < count) {
      const received = await this.next();
      if (!("kind" in received)) throw new Error(`${received.type} instead of a sealed chunk`);
      chunks.push(received);
    }
    return chunks;
  }

  checkIn(population = "writers", maxParameters = 1_000): void {
    this.send({
      type: "checkIn",
      population,
      codecs: ["float32"],
      maxParameters,
      exampleCount: 10,
      heldArtifacts: [],
    });
  }

  /** Checks in and waits for the configuration; the tiny model comes in two chunks. */
  async joinRound(population?: string): Promise<Configuration> {
    this.checkIn(population);
    await this.expect("checkInAccepted");
    const configuration = await this.expect("roundConfiguration");
    await this.chunks(2);
    return configuration;
  }

  begin(configuration: Configuration, update: Float32Array = ONES): Uint8Array {
    const { roundId, reportNonce } = configuration;
    const payload = new Uint8Array(update.buffer);
    this.send({
      type: "reportBegin",
      roundId,
      reportNonce,
      exampleCount: 10,
      codec: "float32",
      updateBytes: payload.length,
      metrics: [
        { name: "loss", value: 1 },
        { name: "accuracy", value: 0.5 },
      ],
    });
    return payload;
  }

  /** Does its part of a round whole, from check-in to outcome. */
  async takePart(population?: string): Promise<Extract<ServerMessage, { type: "roundOutcome" }>> {
    const configuration = await this.joinRound(population);
    return this.finishRound(configuration);
  }

  async finishRound(
    configuration: Configuration,
  ): Promise<Extract<ServerMessage, { type: "roundOutcome" }>> {
    this.send({ type: "configured", roundId: configuration.roundId });
    const payload = this.begin(configuration);
    await this.expect("reportGrant");
    this.send({ type: "reportChunk", data: payload.subarray(0, 7) });
    this.send({ type: "reportChunk", data: payload.subarray(7) });
    const result = await this.expect("reportResult");
    if (result.refused !== undefined) throw new Error(`Refused: ${result.refused.code}`);
    return this.expect("roundOutcome");
  }

  /** Asks for something that is answered at once: everything sent before has been handled then. */
  async roundTrip(): Promise<void> {
    this.send({ type: "modelRequest", population: "no-such-population", heldArtifacts: [] });
    const failure = await this.expect("failure");
    if (failure.code !== "MODEL_UNAVAILABLE") throw new Error(failure.code);
  }

  /** Waits until the server has handled what was sent before, by a ping. */
  async ping(): Promise<void> {
    const pong = new Promise((resolve) => this.socket.once("pong", resolve));
    this.socket.ping();
    await pong;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
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

export type Configuration = Extract<ServerMessage, { type: "roundConfiguration" }>;

const ONES: Float32Array = new Float32Array(5).fill(1);

/** A frame of that kind with that body, also where no such frame exists. */
export function frameOf(kind: number, body: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(kind), body);
}
