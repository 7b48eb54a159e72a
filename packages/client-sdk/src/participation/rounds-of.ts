/**
 * The events of a participation by round, epoch and batch, for apps that are written as nested loops.
 *
 * ```ts
 * for await (const round of roundsOf(client.participate({ signal }))) {
 *   for await (const epoch of round.epochs()) {
 *     for await (const { batch, loss } of epoch.batches()) show(epoch.epoch, batch, loss);
 *   }
 *   show(await round.end());
 * }
 * ```
 */
import type { ParticipationEvent } from "./participation-event.ts";

type EventOf<Type extends ParticipationEvent["type"]> = Extract<ParticipationEvent, { type: Type }>;

/** A batch that was told of, out of `batches`: the last one of each epoch, and some of the others. */
export type BatchTold = EventOf<"training">;

/** How a client's part in a round has ended. */
export type RoundEnd = EventOf<"round-finished" | "report-refused" | "withdrawn">;

/** One epoch of local training. */
export interface EpochOfRound {
  /** From 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Its batches as they are told of. What is left unread is skipped. */
  batches(): AsyncIterableIterator<BatchTold, undefined, undefined>;
}

/** One round in which the client is a member. */
export interface RoundOfClient {
  /** The event with which it began. */
  readonly selected: EventOf<"selected">;
  /** What else happens until the round ends, its end included. What was read otherwise is not told again. */
  events(): AsyncIterableIterator<ParticipationEvent, undefined, undefined>;
  /**
   * Its epochs; none in an evaluation. Other events meanwhile are skipped. A reader who is slower than
   * the training misses epochs, as it misses `training` events.
   */
  epochs(): AsyncIterableIterator<EpochOfRound, undefined, undefined>;
  /**
   * Skips to the end of the round.
   * @returns How it ended; `undefined` when the participation ended first.
   */
  end(): Promise<RoundEnd | undefined>;
}

/**
 * Goes through a participation round by round. What is left unread of a round is skipped, and leaving
 * the loop ends the participation.
 * @param events - What `FederatedClient.participate` returns. Nobody else may read it.
 */
export async function* roundsOf(
  events: AsyncIterableIterator<ParticipationEvent, undefined, undefined>,
): AsyncGenerator<RoundOfClient, undefined, undefined> {
  try {
    for (;;) {
      const { value, done } = await events.next();
      if (done === true) return;
      if (value.type !== "selected") continue;
      const round = new ReadRound(value, events);
      yield round;
      await round.end();
    }
  } finally {
    await events.return?.();
  }
}

/** Reads the events of one round, and can put one back. */
class ReadRound implements RoundOfClient {
  readonly selected: EventOf<"selected">;
  readonly #events: AsyncIterator<ParticipationEvent, undefined, undefined>;
  #putBack: BatchTold | undefined;
  #end: RoundEnd | undefined;
  /** Whether no further batch comes. */
  #isTrained = false;
  #isOver = false;

  constructor(
    selected: EventOf<"selected">,
    events: AsyncIterator<ParticipationEvent, undefined, undefined>,
  ) {
    this.selected = selected;
    this.#events = events;
  }

  async *events(): AsyncGenerator<ParticipationEvent, undefined, undefined> {
    for (let event = await this.#next(); event !== undefined; event = await this.#next()) {
      yield event;
    }
  }

  async *epochs(): AsyncGenerator<EpochOfRound, undefined, undefined> {
    for (
      let first = await this.#nextBatch();
      first !== undefined;
      first = await this.#nextBatch()
    ) {
      const { epoch, epochs } = first;
      this.#putBack = first;
      yield { epoch, epochs, batches: () => this.#batchesOf(epoch) };
      const rest = this.#batchesOf(epoch);
      while ((await rest.next()).done !== true);
    }
  }

  async end(): Promise<RoundEnd | undefined> {
    while ((await this.#next()) !== undefined);
    return this.#end;
  }

  async *#batchesOf(epoch: number): AsyncGenerator<BatchTold, undefined, undefined> {
    for (
      let batch = await this.#nextBatch();
      batch !== undefined;
      batch = await this.#nextBatch()
    ) {
      if (batch.epoch !== epoch) {
        this.#putBack = batch;
        return;
      }
      yield batch;
      if (batch.batch === batch.batches) return;
    }
  }

  /** The next batch; undefined when training is over. What comes after it is still to be read. */
  async #nextBatch(): Promise<BatchTold | undefined> {
    while (!this.#isTrained) {
      const event = await this.#next();
      if (event?.type === "training") return event;
    }
    return undefined;
  }

  /** The next event of the round; undefined after its end. */
  async #next(): Promise<ParticipationEvent | undefined> {
    const putBack = this.#putBack;
    this.#putBack = undefined;
    if (putBack !== undefined || this.#isOver) return putBack;
    const { value } = await this.#events.next();
    if (value === undefined || isEnd(value)) {
      this.#isOver = true;
      this.#end = value;
    }
    this.#isTrained ||= this.#isOver || AFTER_TRAINING.has(value?.type);
    return value;
  }
}

/** With these the work of a member has ended. */
const AFTER_TRAINING: ReadonlySet<string | undefined> = new Set([
  "trained",
  "evaluated",
  "counted",
]);

const isEnd = (event: ParticipationEvent): event is RoundEnd =>
  event.type === "round-finished" || event.type === "report-refused" || event.type === "withdrawn";
