// A coordinator with real parts around it, all in memory. Its clock stands still until a test moves
// it, and its clients use the coordinator's own ports. Nothing happens by itself, so that a test
// decides the order of all events.
import {
  ArtifactReceiver,
  DEFAULT_LIMITS,
  PROTOCOL_CONSTANTS,
  decodeCheckpoint,
  decodeFrame,
  decodePlan,
  generateServerSecrets,
  layoutOf,
  seededRandom,
  updateCodec,
  updateCodecNames,
  type CryptoProvider,
  type ErrorCode,
  type Limits,
  type ModelDescription,
  type PlanFeature,
  type RandomSource,
  type RoundId,
  type ServerSecrets,
  type SessionId,
  type TributaryError,
} from "@tributary/protocol";
import { exampleTask, type TaskChanges } from "@tributary/core/testing";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";

import type { OpenAdder } from "@tributary/core";
import { EventFeed } from "../src/telemetry/event-feed.ts";
import type { ServerEvent } from "../src/telemetry/server-event.ts";
import { Coordinator } from "../src/coordinator/coordinator.ts";
import type {
  CheckInOffer,
  Participant,
  WaitingPlace,
  MemberMessage,
  RoundConfiguration,
  RoundMessage,
  RoundSeat,
} from "../src/coordinator/population/participant.ts";
import type { SeatClaim } from "../src/coordinator/round/kept-seats.ts";
import { UploadTurns } from "../src/coordinator/round/upload-turns.ts";
import { deliver, type SealedModel } from "../src/coordinator/model/sealed-model.ts";
import { openMemoryStore } from "../src/storage/memory.ts";
import type { Storage } from "../src/storage/storage.ts";
import type { RoundRecord, TaskRecord } from "../src/storage/round-store.ts";
import { silentLogger, type Logger } from "../src/runtime/logger.ts";
import { ManualClock } from "@tributary/protocol/testing";

/** A small model with two layers, of three and two parameters, one of which can be frozen. */
export const MODEL: ModelDescription = {
  topology: { class_name: "Sequential", config: { name: "tiny", layers: [] } },
  parameters: [
    { name: "first/kernel", shape: [3] },
    { name: "second/kernel", shape: [2] },
  ],
};
export const DIMENSION = 5;
export const INITIAL: Float32Array = Float32Array.of(0.5, -1, 2, 0, 0.25);

export interface WorldOptions {
  readonly seed?: number;
  readonly storage?: Storage;
  readonly crypto?: CryptoProvider;
  readonly logger?: Logger;
  readonly limits?: Partial<Limits>;
  /** The server's floor under cohorts; 1 if left out. */
  readonly minimumCohort?: number;
  readonly clock?: ManualClock;
  readonly openAdder?: OpenAdder;
  readonly planFeatures?: readonly PlanFeature[];
  /** A listener that gets the coordinator's events, in addition to `events`. */
  readonly listener?: (event: ServerEvent) => void;
}

export interface World {
  readonly coordinator: Coordinator;
  readonly clock: ManualClock;
  readonly storage: Storage;
  readonly crypto: CryptoProvider;
  readonly random: RandomSource;
  readonly secrets: ServerSecrets;
  readonly limits: Limits;
  readonly events: ServerEvent[];
  /** Stores a task and starts it. */
  startTask(changes?: TaskChanges): Promise<TaskRecord>;
  /** Makes a new client, which has not checked in. */
  client(name: string): MemoryParticipant;
  /** Makes new clients that check in, one after the other. */
  checkIn(count: number, prefix?: string, population?: string): MemoryParticipant[];
  rounds(task: TaskRecord): Promise<RoundRecord[]>;
  /** Returns the values of the newest committed model. */
  weights(task: TaskRecord): Promise<number[]>;
}

export function makeWorld(options: WorldOptions = {}): World {
  const crypto = options.crypto ?? createNodeCryptoProvider();
  const random = seededRandom(crypto, options.seed ?? 1);
  const clock = options.clock ?? new ManualClock(1_700_000_000_000);
  const storage = options.storage ?? openMemoryStore({ crypto });
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const secrets = generateServerSecrets(random);
  const events: ServerEvent[] = [];
  const feed = new EventFeed(options.logger ?? silentLogger);
  feed.subscribe((event) => {
    events.push(event);
    options.listener?.(event);
  });
  const coordinator = new Coordinator({
    store: storage.rounds,
    checkpoints: storage.checkpoints,
    crypto,
    random,
    clock,
    logger: options.logger ?? silentLogger,
    limits,
    minimumCohort: options.minimumCohort ?? 1,
    secrets,
    turns: new UploadTurns({ clock, limits }),
    ...(options.openAdder === undefined ? {} : { openAdder: options.openAdder }),
    ...(options.planFeatures === undefined ? {} : { planFeatures: options.planFeatures }),
    events: feed,
  });
  const client = (name: string): MemoryParticipant =>
    new MemoryParticipant(name, coordinator, crypto);
  return {
    coordinator,
    clock,
    storage,
    crypto,
    random,
    secrets,
    limits,
    events,
    async startTask(changes) {
      const task = await coordinator.createTask(exampleTask(changes), MODEL, INITIAL);
      return coordinator.startTask(task.id);
    },
    client,
    checkIn(count, prefix = "client", population) {
      return Array.from({ length: count }, (_, index) => {
        const participant = client(`${prefix}-${index}`);
        participant.checkIn(population === undefined ? {} : { population });
        return participant;
      });
    },
    rounds: (task) => storage.rounds.rounds(task.id),
    async weights(task) {
      const id = (await storage.rounds.lastCommitted(task.id))?.checkpoint;
      const bytes = await storage.checkpoints.get(id ?? task.initialCheckpoint);
      if (bytes === undefined) throw new Error("The checkpoint is not stored");
      return [...decodeCheckpoint(bytes, layoutOf(MODEL.parameters))];
    },
  };
}

/** What members are told about the end of a round. */
type RoundOutcome = Omit<Extract<RoundMessage, { type: "roundOutcome" }>, "type">;

/** One thing that the coordinator has told a client. */
export type Told =
  | { readonly type: "configured"; readonly roundId: RoundId; readonly roundNumber: number }
  | { readonly type: "granted"; readonly roundId: RoundId }
  | {
      readonly type: "answered";
      readonly roundId: RoundId;
      readonly refused: ErrorCode | undefined;
    }
  | { readonly type: "ended"; readonly outcome: RoundOutcome }
  | { readonly type: "rejected"; readonly code: ErrorCode; readonly retryAfterMs: number };

export interface ReportChanges {
  readonly update?: Float32Array;
  readonly payload?: Uint8Array;
  readonly header?: Partial<Extract<MemberMessage, { type: "reportBegin" }>>;
}

/**
 * A client in memory. It is honest unless a test says otherwise: it opens what it is sent and waits
 * for its upload turn.
 */
export class MemoryParticipant implements Participant {
  readonly name: string;
  readonly sessionId: SessionId;
  /** Each client comes from a site of its own unless a test says otherwise. */
  site: string;
  readonly told: Told[] = [];
  /** The code with which each refused report was answered. */
  readonly retryWindows: number[] = [];
  requestsReturned = 0;
  /** Whether the client never confirms that it has verified what it was sent. */
  isSilent = false;
  /** Whether the client was told that it goes on over another connection. */
  isSuperseded = false;
  /** What the client was told when it came back. */
  resumed: Extract<RoundMessage, { type: "resumed" }> | undefined;
  seat: RoundSeat | undefined;
  configuration: RoundConfiguration | undefined;
  model: SealedModel | undefined;
  readonly #coordinator: Coordinator;
  readonly #crypto: CryptoProvider;
  #place: WaitingPlace | undefined;
  #payload: Uint8Array = new Uint8Array(0);
  #up = 0;
  #down = 0;

  constructor(name: string, coordinator: Coordinator, crypto: CryptoProvider) {
    this.name = name;
    this.sessionId = `ses_${name}` as SessionId;
    this.site = name;
    this.#coordinator = coordinator;
    this.#crypto = crypto;
  }

  // The following methods let the client act.

  checkIn(changes: Partial<CheckInOffer> = {}): void {
    this.#place = this.#coordinator.checkIn(this, {
      population: "writers",
      codecs: updateCodecNames,
      maxParameters: 1_000,
      // More than any report of a test is about, so that a test need not offer what it reports.
      exampleCount: 2 ** 20,
      heldOutCount: 0,
      heldArtifacts: new Set(),
      ...changes,
    });
  }

  /** Asks for an upload turn. `upload` sends the report once the client has one. */
  begin(changes: ReportChanges = {}): void {
    const { roundId, reportNonce } = this.#requireConfiguration();
    const update = changes.update ?? new Float32Array(DIMENSION).fill(1);
    this.#payload = changes.payload ?? new Uint8Array(update.buffer);
    this.#requireSeat().receive({
      type: "reportBegin",
      roundId,
      reportNonce,
      exampleCount: 10,
      codec: "float32",
      updateBytes: this.#payload.length,
      metrics: [
        { name: "accuracy", value: 0.5 },
        { name: "loss", value: 1 },
      ],
      ...changes.header,
    });
  }

  /** Sends the report in pieces of 8 bytes. @param from - The first byte that is sent. */
  upload(from = 0): void {
    for (let at = from; at < this.#payload.length; at += 8) {
      const piece = this.#payload.subarray(at, at + 8);
      this.#up += piece.length;
      this.chunk(piece);
    }
  }

  /** Sends one piece of a report. */
  chunk(data: Uint8Array): void {
    this.#requireSeat().receive({ type: "reportChunk", data });
  }

  /** Reports. Returns the code with which the report is refused, whether it is told or thrown. */
  attempt(changes: ReportChanges = {}): ErrorCode | undefined {
    const before = this.refusals.length;
    const thrown = codeOf(() => this.report(changes));
    return thrown ?? this.refusals[before];
  }

  report(changes: ReportChanges = {}): void {
    this.begin(changes);
    if (this.hasTurn) this.upload();
  }

  withdraw(code: ErrorCode = "TRAINING_FAILED"): void {
    const { roundId } = this.#requireSeat();
    this.#requireSeat().receive({ type: "withdraw", roundId, code, message: "" });
  }

  supersede(): void {
    this.isSuperseded = true;
  }

  /**
   * Asks for the seat of another participant, as the same client does over a new connection.
   * @returns The code with which it is refused; undefined when it has the seat.
   */
  resume(
    { sessionId, configuration, resumed, payload }: MemoryParticipant,
    changes: Partial<SeatClaim> = {},
  ): ErrorCode | undefined {
    const { roundId, resumeSecret } = configuration!;
    this.#payload = payload;
    const code = codeOf(() =>
      this.#coordinator.resume(this, {
        roundId,
        sessionId,
        resumeSecret: resumed?.resumeSecret ?? resumeSecret!,
        deviceId: undefined,
        ...changes,
      }),
    );
    this.configuration ??= configuration;
    return code;
  }

  /** The report that the client has announced last. */
  get payload(): Uint8Array {
    return this.#payload;
  }

  /** Loses the client's connection. */
  disconnect(): void {
    this.seat?.leave();
    this.#place?.leave();
  }

  /** Opens what the coordinator has sent, as a client does, and returns the checkpoint's values. */
  receivedWeights(): number[] {
    const model = this.model;
    if (model === undefined) throw new Error(`${this.name} has been sent no model`);
    const { key, plan, checkpoint } = model.delivery;
    const crypto = this.#crypto;
    const receivers = {
      plan: new ArtifactReceiver({
        crypto,
        key,
        artifact: "plan",
        id: plan.id,
        byteLength: plan.byteLength,
        maxBytes: PROTOCOL_CONSTANTS.maxPlanBytes,
      }),
      checkpoint: new ArtifactReceiver({
        crypto,
        key,
        artifact: "checkpoint",
        id: checkpoint.id,
        byteLength: checkpoint.byteLength,
        maxBytes: 4 * PROTOCOL_CONSTANTS.maxParameters,
      }),
    };
    for (const bytes of deliver(model, { artifacts: new Set() }).frames) {
      const frame = decodeFrame(bytes);
      if (frame.kind !== "sealedChunk") throw new Error("Not a sealed chunk");
      if (frame.artifact === "difference") throw new Error("This client holds nothing");
      receivers[frame.artifact].accept(frame.index, frame.body);
    }
    const parameters = decodePlan(receivers.plan.finish()).model.parameters;
    return [...decodeCheckpoint(receivers.checkpoint.finish(), layoutOf(parameters))];
  }

  get hasTurn(): boolean {
    return this.told.at(-1)?.type === "granted";
  }

  get isSeated(): boolean {
    return this.told.at(-1)?.type === "configured";
  }

  count(type: Told["type"]): number {
    return this.told.filter((each) => each.type === type).length;
  }

  /** The outcome of each round. The client may be told each only once. */
  get outcomes(): readonly RoundOutcome[] {
    return this.told.flatMap((each) => (each.type === "ended" ? [each.outcome] : []));
  }

  get refusals(): readonly ErrorCode[] {
    return this.told.flatMap((each) =>
      each.type === "answered" && each.refused !== undefined ? [each.refused] : [],
    );
  }

  // The following methods are the port that the coordinator uses.

  take(seat: RoundSeat): void {
    this.seat = seat;
    // The message is about an earlier round.
    this.configuration = undefined;
    this.model = undefined;
  }

  configure(configuration: RoundConfiguration, model: SealedModel): void {
    this.configuration = configuration;
    this.model = model;
    this.#down += 100;
    const { roundId, roundNumber } = configuration;
    this.told.push({ type: "configured", roundId, roundNumber });
    if (this.isSilent) return;
    this.seat?.receive({ type: "configured", roundId });
  }

  tell(message: RoundMessage): void {
    const { roundId } = message;
    switch (message.type) {
      case "resumed":
        this.resumed = message;
        return;
      case "reportGrant":
        this.told.push({ type: "granted", roundId });
        return;
      case "reportResult":
        this.told.push({ type: "answered", roundId, refused: message.refused?.code });
        if (message.refused !== undefined) this.retryWindows.push(message.refused.retryAfterMs);
        return;
      case "roundOutcome": {
        const { type: _, ...outcome } = message;
        this.told.push({ type: "ended", outcome });
      }
    }
  }

  reject(code: ErrorCode, _message: string, retryAfterMs: number): void {
    this.told.push({ type: "rejected", code, retryAfterMs });
  }

  returnRequest(): void {
    this.requestsReturned += 1;
  }

  takeTraffic(): { readonly up: number; readonly down: number } {
    const traffic = { up: this.#up, down: this.#down };
    this.#up = 0;
    this.#down = 0;
    return traffic;
  }

  #requireSeat(): RoundSeat {
    if (this.seat === undefined) throw new Error(`${this.name} is in no cohort`);
    return this.seat;
  }

  #requireConfiguration(): RoundConfiguration {
    if (this.configuration === undefined) throw new Error(`${this.name} is in no cohort`);
    return this.configuration;
  }
}

export function float32Payload(update: Float32Array, random: RandomSource): Uint8Array {
  return updateCodec({ codec: "float32" }).encode(update, random);
}

/**
 * Waits until `holds` returns true. Stores in memory need no time, but some turns of the event loop.
 * @throws Error that names `what` if `holds` stays false.
 */
export async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`It never happened: ${what}`);
}

/** Lets all work go on that can. */
export async function quiet(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export function codeOf(run: () => unknown): ErrorCode | undefined {
  try {
    run();
  } catch (error) {
    return (error as TributaryError).code;
  }
  return undefined;
}
