import {
  isBetterHigher,
  measureOf,
  reachesTarget,
  type MeasureName,
  type TaskDefinition,
} from "@tributary/protocol";
import { makesCheckpoint, type RoundKind } from "./round-kind.ts";

/**
 * Why a task has come to its end without an operator:
 * - `rounds`: it has made as many rounds as it was asked for;
 * - `target`: a measurement has reached the target that the task names;
 * - `plateau`: the measurements have stopped improving;
 * - `budget`: its bytes, its reports or its time are used up;
 * - `schedule`: its schedule allows no further round.
 */
export type TaskEndReason = "rounds" | "target" | "plateau" | "budget" | "schedule";

/**
 * The best measurement of a task so far. The task names who measures (`evaluation.judgedBy`) and
 * what is compared.
 */
export interface BestMeasurement {
  /** The round whose checkpoint was measured. */
  readonly roundNumber: number;
  readonly measure: MeasureName;
  readonly value: number;
}

/** What an evaluation, by clients or by the operator, has come to. */
export interface TaskScore {
  /** The round whose checkpoint was measured. */
  readonly roundNumber: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** The fields of a round record that the history uses. */
interface HistoryRecord {
  readonly kind: RoundKind;
  readonly number: number;
  readonly outcome: "committed" | "abandoned";
  /** Why the round was abandoned; null for a committed one. */
  readonly reason: string | null;
  /** Trimmed means over the reports of the round, each in the metric's own unit. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly selected: number;
  readonly reported: number;
  /** How long the round took; for several attempts, all of them together. */
  readonly roundTimeMs: number;
  readonly endedAtMs: number;
}

/**
 * Sums up the rounds of a task: its newest and its best checkpoint, what the rounds have cost, and
 * whether the task has reached its end. It is built from the stored round records when a server
 * starts, and `add` then extends it by each new one, so that a restart changes nothing.
 */
export class TaskHistory {
  readonly #definition: TaskDefinition;
  readonly #measure: MeasureName;
  #lastNumber = 0;
  #evaluatedNumber = -1;
  #best: BestMeasurement | undefined;
  /** The last measurement that was an improvement. A plateau is counted from here. */
  #mark: number | undefined;
  /** Number of measurements since `#mark` that were no improvement on it. */
  #sinceMark = 0;
  #hasReachedTarget = false;
  #score: TaskScore | undefined;
  #bytes = 0;
  #reports = 0;
  #roundTimeMs = 0;
  #lastEndMs: number | undefined;

  /** @param records - The task's stored round records, in any order. */
  constructor(definition: TaskDefinition, records: readonly HistoryRecord[] = []) {
    this.#definition = definition;
    this.#measure = measureOf(definition);
    for (const record of records.toSorted(byEnd)) this.add(record);
  }

  /** Adds a round that has ended and has been stored. Rounds are added in the order they ended. */
  add(record: HistoryRecord): void {
    this.#bytes += record.bytesUp + record.bytesDown;
    this.#reports += record.reported;
    this.#roundTimeMs += record.roundTimeMs;
    if (record.selected > 0) this.#lastEndMs = Math.max(this.#lastEndMs ?? 0, record.endedAtMs);
    if (record.kind === "evaluation" && !isWorthAnotherTry(record)) {
      this.#evaluatedNumber = Math.max(this.#evaluatedNumber, record.number);
    }
    if (record.outcome !== "committed") return;
    if (makesCheckpoint(record.kind)) {
      this.#lastNumber = Math.max(this.#lastNumber, record.number);
    }
    if (record.kind === "rollback") {
      // Earlier measurements were of other models, so that neither plateau nor target may use them.
      this.#mark = undefined;
      this.#sinceMark = 0;
      this.#hasReachedTarget = false;
      this.#score = undefined;
      return;
    }
    // Too small a cohort has a record without metrics.
    const isMeasured = Object.keys(record.metrics).length > 0;
    if (record.kind !== "training" && isMeasured) {
      this.#score = { roundNumber: record.number, metrics: record.metrics };
    }
    if (record.kind === JUDGED_KIND[this.#definition.evaluation.judgedBy]) this.#judge(record);
  }

  /** Whether any client has ever reported. */
  get hasReports(): boolean {
    return this.#reports > 0;
  }

  /** The best measurement so far; undefined before the first one. */
  get best(): BestMeasurement | undefined {
    return this.#best;
  }

  /** What the last evaluation came to; undefined when there was none, or none since a rollback. */
  get score(): TaskScore | undefined {
    return this.#score;
  }

  /** The round of the newest checkpoint that clients were asked to evaluate; −1 if none was. */
  get evaluatedNumber(): number {
    return this.#evaluatedNumber;
  }

  /** When the last round with a cohort ended, in milliseconds since the Unix epoch. */
  get lastEndMs(): number | undefined {
    return this.#lastEndMs;
  }

  /** The round of the newest checkpoint; 0 for the initial model. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Why no further training round may begin; undefined while one may. */
  get end(): TaskEndReason | undefined {
    const { stop, budget } = this.#definition;
    if (this.#hasReachedTarget) return "target";
    if (stop.plateau !== undefined && this.#sinceMark >= stop.plateau.measurements)
      return "plateau";
    const spent = (used: number, allowed: number | null): boolean =>
      allowed !== null && used >= allowed;
    if (
      spent(this.#bytes, budget.bytes) ||
      spent(this.#reports, budget.reports) ||
      spent(this.#roundTimeMs, budget.roundTimeMs)
    ) {
      return "budget";
    }
    return this.#lastNumber >= stop.rounds ? "rounds" : undefined;
  }

  /**
   * Updates target, best measurement and plateau.
   * @param record - A committed round of the kind that the task is judged by.
   */
  #judge({ number, metrics }: HistoryRecord): void {
    const { plateau } = this.#definition.stop;
    if (reachesTarget(this.#definition, metrics)) this.#hasReachedTarget = true;
    const value = metrics[this.#measure];
    if (value === undefined) return;
    if (this.#best === undefined || this.#gain(value, this.#best.value) > 0) {
      this.#best = { roundNumber: number, measure: this.#measure, value };
    }
    if (this.#mark === undefined || this.#gain(value, this.#mark) > (plateau?.minimumChange ?? 0)) {
      this.#mark = value;
      this.#sinceMark = 0;
    } else {
      this.#sinceMark += 1;
    }
  }

  /** By how much `value` is better than `than`, in the metric's unit; negative when it is worse. */
  #gain(value: number, than: number): number {
    return isBetterHigher(this.#measure) ? value - than : than - value;
  }
}

/** The kind of round that holds the measurements of each judge that a task can name. */
const JUDGED_KIND = {
  training: "training",
  clients: "evaluation",
  operator: "operator-evaluation",
} as const;

/**
 * Whether the same checkpoint should be evaluated again after this round. That is so when the
 * evaluation failed for a reason of the server's own. When too few clients took part, trying again
 * would probably fail again, so that clients evaluate a newer checkpoint instead.
 */
function isWorthAnotherTry({ outcome, reason }: HistoryRecord): boolean {
  return (
    outcome === "abandoned" &&
    reason !== "too-few-came" &&
    reason !== "too-few-left" &&
    reason !== "reporting-timeout"
  );
}

function byEnd(a: HistoryRecord, b: HistoryRecord): number {
  return a.endedAtMs - b.endedAtMs || a.number - b.number;
}
