import {
  TributaryError,
  reachesTarget,
  type RoundId,
  type TaskDefinition,
  type TaskId,
} from "@tributary/protocol";
import type { RoundRecord, ServerEvent } from "@tributary/server";
import type { DemoObserver, Metrics } from "./demo-observer.ts";

/** How good a round's checkpoint is, and when that was known. */
export interface Score {
  readonly metrics: Metrics;
  /** Milliseconds since the demo began. */
  readonly elapsedMs: number;
}

interface OpenRound {
  readonly roundId: RoundId;
  readonly roundNumber: number;
  readonly cohort: number;
}

/**
 * What a demo knows about the training of its task. It is fed with the coordinator's events and
 * with the scores of checkpoints, and it decides when the demo is over.
 */
export class TrainingProgress {
  readonly #definition: TaskDefinition;
  readonly #observer: DemoObserver;
  readonly #scoreEveryRounds: number;
  readonly #committed: RoundRecord[] = [];
  /** By round number, in the order in which they came. */
  readonly #scores = new Map<number, Score>();
  /** The numbers of the rounds whose scores were asked for. */
  readonly #asked = new Set<number>();
  #taskId: TaskId | undefined;
  #onCommitted: (round: RoundRecord, isDue: boolean) => void = () => {};
  /** The training round that has a cohort and has not ended. */
  #openRound: OpenRound | undefined;
  #taskIsFinished = false;

  #succeed: () => void = () => {};
  #fail: (error: Error) => void = () => {};
  /**
   * Resolves when the training is over and its last checkpoint is scored. Rejects when the demo has
   * failed.
   */
  readonly over = new Promise<void>((resolve, reject) => {
    this.#succeed = resolve;
    this.#fail = reject;
  });

  /** @param scoreEveryRounds - After how many rounds a score is due. That of the last one always is. */
  constructor(definition: TaskDefinition, observer: DemoObserver, scoreEveryRounds = 1) {
    this.#scoreEveryRounds = scoreEveryRounds;
    this.#definition = definition;
    this.#observer = observer;
    // The demo may fail before it comes to wait for this promise.
    this.over.catch(() => {});
  }

  /** The rounds that were committed, oldest first. */
  get committed(): readonly RoundRecord[] {
    return this.#committed;
  }

  /**
   * The first round whose score reached the task's target. Only the operator's own scores are
   * looked at here.
   */
  get target(): { readonly round: number; readonly elapsedMs: number } | undefined {
    if (this.#definition.evaluation.judgedBy !== "operator") return undefined;
    for (const [round, { metrics, elapsedMs }] of this.#scores) {
      if (reachesTarget(this.#definition, metrics)) return { round, elapsedMs };
    }
    return undefined;
  }

  scoreOf(round: RoundRecord): Score | undefined {
    return this.#scores.get(round.number);
  }

  /**
   * Begins to follow a task; events of all other tasks are ignored.
   * @param onCommitted - Called with each committed round, and whether `addScore` is to be called for
   *   it. It is called again for a round that turns out to be the last, when its score was not due.
   */
  begin(taskId: TaskId, onCommitted: (round: RoundRecord, isDue: boolean) => void): void {
    this.#taskId = taskId;
    this.#onCommitted = onCommitted;
  }

  follow(event: ServerEvent): void {
    switch (event.type) {
      case "round-started":
        if (event.taskId === this.#taskId && event.purpose === "training") this.#open(event);
        break;
      case "report-accepted":
        if (event.roundId === this.#openRound?.roundId) this.#show(event.accepted);
        break;
      case "round-ended":
        if (event.round.taskId === this.#taskId && event.round.kind === "training") {
          this.#end(event.round);
        }
        break;
      case "task-state":
        if (event.taskId !== this.#taskId) break;
        this.#taskIsFinished = event.state === "finished";
        if (event.state === "cancelled") this.fail(cancelled());
        this.#succeedIfOver();
        break;
      default:
        break;
    }
  }

  addScore(round: RoundRecord, score: Score): void {
    this.#scores.set(round.number, score);
    this.#succeedIfOver();
  }

  /** Ends the demo with an error; the first one counts. */
  fail(error: Error): void {
    this.#fail(error);
  }

  #open({ roundId, roundNumber, cohort }: OpenRound): void {
    this.#openRound = { roundId, roundNumber, cohort };
    this.#show(0);
  }

  #show(accepted: number): void {
    if (this.#openRound === undefined) return;
    this.#observer.report(this.#openRound.roundNumber, accepted, this.#openRound.cohort);
  }

  #end(round: RoundRecord): void {
    this.#openRound = undefined;
    if (round.outcome === "committed") {
      this.#committed.push(round);
      const isDue =
        round.number % this.#scoreEveryRounds === 0 ||
        round.number === this.#definition.stop.rounds;
      if (isDue) this.#ask(round);
      else this.#onCommitted(round, false);
    } else if (round.reason === "too-few-left") {
      // The clients that left also say why, through another channel. Their reason is the better
      // error.
      setTimeout(() => this.fail(tooFewLeft(round)), REASONS_GRACE_MS).unref();
    } else if (!ENDINGS.has(round.reason ?? "")) {
      this.#observer.abandoned(round);
    }
    this.#succeedIfOver();
  }

  /** Asks for the score of a round, once. */
  #ask(round: RoundRecord): void {
    if (this.#asked.has(round.number)) return;
    this.#asked.add(round.number);
    this.#onCommitted(round, true);
  }

  /**
   * The demo is over when its newest checkpoint is scored and no other can come, or when that score
   * has reached the target. In the second case a round may be open: the demo gives it up.
   */
  #succeedIfOver(): void {
    const last = this.#committed.at(-1);
    if (last === undefined) return;
    // The task may be finished before the end of its last round is announced.
    const isLastOfTask = this.#taskIsFinished && this.#openRound === undefined;
    if (isLastOfTask) this.#ask(last);
    if (!this.#scores.has(last.number)) return;
    if (isLastOfTask || this.target?.round === last.number) this.#succeed();
  }
}

/** How long the clients that made a round fail may take to say why, milliseconds. */
const REASONS_GRACE_MS = 2_000;

/** Reasons for which the last round of a demo is abandoned. They are no news to anybody. */
const ENDINGS: ReadonlySet<string> = new Set(["cancelled", "server-stopping"]);

function tooFewLeft(round: RoundRecord): TributaryError {
  return new TributaryError(
    "TRAINING_FAILED",
    `So many clients left round ${round.number} that it could not be completed`,
    { remedy: "Run the demo with --verbose to see the server's log." },
  );
}

const cancelled = (): TributaryError =>
  new TributaryError("ABORTED", "The task of the demo was cancelled");
