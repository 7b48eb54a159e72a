import {
  TributaryError,
  acceptHandshake,
  cryptographicRandom,
  decodeClientMessage,
  decodeFrame,
  encodeFrame,
  encodeServerMessage,
  formatServerKey,
  generateServerSecrets,
  sealArtifact,
  sealRecordFrame,
  seededRandom,
  serverKeyOf,
  type ArtifactId,
  type Channel,
  type ClientMessage,
  type Delivery,
  type Frame,
  type PartialReference,
  type ResumedStage,
  type RoundId,
  type RoundPurpose,
  type ServerMessage,
  type ServerSecrets,
  type SessionId,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { memoryConnector, type MemorySocketEnd, type SocketEnd } from "../../src/index.ts";
import { Inbox } from "../../src/session/inbox.ts";
import type { ServedModel } from "./linear-task.ts";

export const crypto = createNodeCryptoProvider();

/**
 * A server that does what a test tells it, over sockets in memory. Its handshake and its channel
 * are real.
 */
export class ScriptedServer {
  readonly secrets: ServerSecrets;
  readonly key: string;
  readonly connect = memoryConnector((end) => {
    if (this.refusing) throw new Error("refused");
    const connection = new ServerConnection(end, this.secrets);
    this.#arrivals.push(connection);
    this.connections.push(connection);
    return connection.events;
  });
  /** All connections that were ever made. */
  readonly connections: ServerConnection[] = [];
  refusing = false;
  readonly #arrivals = new Inbox<ServerConnection>(1_000);

  constructor(seed = 1) {
    this.secrets = generateServerSecrets(seededRandom(crypto, seed));
    this.key = formatServerKey(serverKeyOf(crypto, this.secrets));
  }

  /** The next connection, before its handshake. */
  arrival(): Promise<ServerConnection> {
    return this.#arrivals.next();
  }

  /** The next connection, after its handshake and greeting. */
  async accept(welcome?: WelcomeOptions): Promise<ServerConnection> {
    const connection = await this.arrival();
    await connection.greet(welcome);
    return connection;
  }
}

type Said<Type extends ClientMessage["type"]> = Extract<ClientMessage, { type: Type }>;

/** The server's end of one connection. */
export class ServerConnection {
  readonly socket: MemorySocketEnd;
  readonly events;
  /** How the connection ended. */
  readonly closed: Promise<SocketEnd>;
  bytesUp = 0;
  bytesDown = 0;
  /** Bytes of the handshake and the greeting. */
  greeting = { up: 0, down: 0 };
  readonly #secrets: ServerSecrets;
  readonly #frames = new Inbox<Frame>(10_000);
  #channel: Channel | undefined;

  constructor(socket: MemorySocketEnd, secrets: ServerSecrets) {
    this.socket = socket;
    this.#secrets = secrets;
    let resolve: (end: SocketEnd) => void = () => {};
    this.closed = new Promise((settle) => (resolve = settle));
    this.events = {
      frame: (bytes: Uint8Array): void => {
        this.bytesUp += bytes.length;
        this.#frames.push(decodeFrame(bytes));
      },
      text: (): void => {},
      closed: (end: SocketEnd): void => {
        resolve(end);
        this.#frames.end(
          new TributaryError("CONNECTION_LOST", `the client closed with ${end.code}`),
        );
      },
    };
  }

  /**
   * Answers the Noise handshake.
   * @param falsify - Makes another answer of the right one.
   */
  async shakeHands(falsify: (reply: Uint8Array) => Uint8Array = (reply) => reply): Promise<void> {
    const frame = await this.#frames.next();
    const { reply, channel } = acceptHandshake({
      crypto,
      random: cryptographicRandom(crypto),
      channelSecret: this.#secrets.channelSecret,
      message: frame.body,
    });
    this.#channel = channel;
    this.sendRaw(encodeFrame({ kind: "handshake", body: falsify(reply) }));
  }

  /** The channel's handshake hash. */
  get handshakeHash(): Uint8Array {
    return this.#channel!.handshakeHash;
  }

  async greet({ version = 1, ...welcome }: WelcomeOptions = {}): Promise<void> {
    await this.shakeHands();
    await this.expect("hello");
    const { bytesUp: up } = this;
    const sessionId = "ses_00000000000000aa" as SessionId;
    this.send({ type: "welcome", version, sessionId, ...welcome });
    this.greeting = { up, down: this.bytesDown };
  }

  sendRaw(bytes: Uint8Array): void {
    this.bytesDown += bytes.length;
    this.socket.send(bytes);
  }

  send(message: ServerMessage): void {
    this.sendRecord(encodeServerMessage(message));
  }

  /** Sends any plaintext over the channel. */
  sendRecord(plaintext: Uint8Array): void {
    this.sendRaw(sealRecordFrame(this.#channel!, plaintext));
  }

  async receive(): Promise<ClientMessage> {
    const frame = await this.#frames.next();
    if (frame.kind !== "record") throw new Error(`a ${frame.kind} frame came`);
    const message = decodeClientMessage(this.#channel!.open(frame.body));
    return message.type === "reportChunk" ? { ...message, data: message.data.slice() } : message;
  }

  async expect<Type extends ClientMessage["type"]>(type: Type): Promise<Said<Type>> {
    const message = await this.receive();
    if (message.type !== type) throw new Error(`${message.type} came where ${type} was due`);
    return message as Said<Type>;
  }

  /** Takes a check-in and accepts it. */
  async checkIn(): Promise<Said<"checkIn">> {
    const message = await this.expect("checkIn");
    this.send({ type: "checkInAccepted" });
    return message;
  }

  /**
   * Selects the client for a round and delivers the model. `options` let a test play a lying
   * server.
   */
  configure(model: ServedModel, options: ConfigureOptions = {}): Configured {
    const roundNumber = options.roundNumber ?? 1;
    const roundId = (options.roundId ?? `rnd_${String(roundNumber).padStart(16, "0")}`) as RoundId;
    const reportNonce = new Uint8Array(16).fill(roundNumber);
    const { delivery, frames } = deliveryOf(model, options);
    this.send({
      type: "roundConfiguration",
      roundId,
      purpose: options.purpose ?? "training",
      roundNumber,
      taskName: options.taskName ?? model.plan.task,
      delivery,
      reportNonce,
      timeLeftMs: 60_000,
      ...(options.resumeSecret === undefined ? {} : { resumeSecret: options.resumeSecret }),
    });
    for (const frame of frames) this.sendRaw(frame);
    return { roundId, reportNonce };
  }

  /** Takes the claim of a client that comes back, and gives it its seat again. */
  async resumeMember(
    stage: ResumedStage,
    bytesLeft = 0,
    resumeSecret: Uint8Array = new Uint8Array(32).fill(77),
  ): Promise<Said<"resume">> {
    const claim = await this.expect("resume");
    const { roundId } = claim;
    this.send({ type: "resumed", roundId, resumeSecret, stage, bytesLeft, timeLeftMs: 50_000 });
    return claim;
  }

  /** Takes a whole report: asks for it, grants it, puts it together. */
  async takeReport(roundId: RoundId): Promise<{ begin: Said<"reportBegin">; payload: Uint8Array }> {
    const begin = await this.expect("reportBegin");
    this.send({ type: "reportGrant", roundId });
    const payload = await this.takeChunks(begin.updateBytes);
    return { begin, payload };
  }

  async takeReportAfterConfigured(
    roundId: RoundId,
  ): Promise<{ begin: Said<"reportBegin">; payload: Uint8Array }> {
    await this.expect("configured");
    return this.takeReport(roundId);
  }

  /** Bytes that the client has sent and this end has not received: see `pause`. */
  get bufferedByClient(): number {
    return this.socket.incomingBytes;
  }

  async takeChunks(updateBytes: number): Promise<Uint8Array> {
    const payload = new Uint8Array(updateBytes);
    for (let received = 0; received < updateBytes;) {
      const { data } = await this.expect("reportChunk");
      payload.set(data, received);
      received += data.length;
    }
    return payload;
  }

  accept(roundId: RoundId): void {
    this.send({ type: "reportResult", roundId, refused: undefined });
  }

  /** Ends the round with a new checkpoint. */
  commit(roundId: RoundId, model: ServedModel, nextCheckInMs = 0, taskFinished = false): void {
    this.send({
      type: "roundOutcome",
      roundId,
      outcome: {
        committed: { id: model.checkpointId, byteLength: model.checkpointBytes.length },
      },
      nextCheckInMs,
      taskFinished,
    });
  }

  abandon(roundId: RoundId, reason = "too-few-reports", nextCheckInMs = 0): void {
    const outcome = { abandoned: reason };
    this.send({ type: "roundOutcome", roundId, outcome, nextCheckInMs, taskFinished: false });
  }
}

/** What the server tells in its `welcome`; that of an older version if left out. */
export type WelcomeOptions = Partial<Extract<ServerMessage, { type: "welcome" }>>;

export interface ConfigureOptions {
  readonly purpose?: RoundPurpose;
  readonly roundNumber?: number;
  readonly roundId?: string;
  readonly taskName?: string;
  /** With which the client may come back to its seat. */
  readonly resumeSecret?: Uint8Array;
  /** What the client said it holds, which is not sent. */
  readonly held?: readonly ArtifactId[];
  /** What the client said it has kept, from where the chunks go on. */
  readonly partial?: PartialReference | undefined;
  readonly delivery?: Partial<Delivery>;
  /** Changes the frames of the sealed chunks. */
  readonly frames?: (frames: readonly Uint8Array[]) => readonly Uint8Array[];
}

export interface Configured {
  readonly roundId: RoundId;
  readonly reportNonce: Uint8Array;
}

export function deliveryOf(
  model: ServedModel,
  options: Pick<ConfigureOptions, "held" | "partial" | "delivery" | "frames"> = {},
): { readonly delivery: Delivery; readonly frames: readonly Uint8Array[] } {
  const held = new Set<ArtifactId>(options.held);
  const delivery: Delivery = {
    plan: { id: model.planId, byteLength: model.planBytes.length },
    planSignature: model.planSignature,
    checkpoint: { id: model.checkpointId, byteLength: model.checkpointBytes.length },
    key: new Uint8Array(32).fill(9),
    ...(options.partial === undefined ? {} : { partial: options.partial }),
    ...options.delivery,
  };
  const seal = (artifact: "plan" | "checkpoint", bytes: Uint8Array): Uint8Array[] => {
    const { id } = delivery[artifact];
    if (held.has(id)) return [];
    const kept = delivery.partial?.id === id ? delivery.partial.chunks : 0;
    return sealArtifact({ crypto, key: delivery.key, artifact, id, bytes }).slice(kept);
  };
  const frames = [...seal("plan", model.planBytes), ...seal("checkpoint", model.checkpointBytes)];
  return { delivery, frames: options.frames?.(frames) ?? frames };
}
