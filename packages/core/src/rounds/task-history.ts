import {
  isBetterHigher,
  measureOf,
  reachesTarget,
  type MeasureName,
  type TaskDefinition,
} from "@tributary/protocol";
import { makesCheckpoint, type RoundKind } from "./round-kind.ts";

/** Why a task has come to its end by itself. */
export type TaskEndReason = "rounds" | "target" | "plateau" | "budget" | "schedule";

/** The best measurement of a task so far, by the task's own judge and measure. */
export interface BestMeasurement {
  /** The round whose checkpoint was measured. */
  readonly roundNumber: number;
  readonly measure: MeasureName;
  readonly value: number;
}

/** What the history takes from the record of a round. */
interface HistoryRecord {
  readonly kind: RoundKind;
  readonly number: number;
  readonly outcome: "committed" | "abandoned";
  readonly reason: string | null;
  readonly metrics: Readonly<Record<string, number>>;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly selected: number;
  readonly reported: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

/**
 * What a task's rounds have come to: which checkpoint is best, what they have cost, and whether the task has reached its end.
 * It is told of each round that was written down, and the same after a restart, oldest first.
 */
export class TaskHistory {
  readonly #definition: TaskDefinition;
  readonly #measure: MeasureName;
  #lastNumber = 0;
  #evaluatedNumber = -1;
  #best: BestMeasurement | undefined;
  /** The measurement that a plateau is counted from, and how many have come since that were no better. */
  #mark: number | undefined;
  #sinceMark = 0;
  #hasReachedTarget = false;
  #bytes = 0;
  #reports = 0;
  #roundTimeMs = 0;
  #lastEndMs: number | undefined;

  constructor(definition: TaskDefinition, records: readonly HistoryRecord[] = []) {
    this.#definition = definition;
    this.#measure = measureOf(definition);
    for (const record of records.toSorted(byEnd)) this.add(record);
  }

  /** Takes in the record of a round that has just ended. */
  add(record: HistoryRecord): void {
    this.#bytes += record.bytesUp + record.bytesDown;
    this.#reports += record.reported;
    this.#roundTimeMs += Math.max(0, record.endedAtMs - record.startedAtMs);
    if (record.selected > 0) this.#lastEndMs = Math.max(this.#lastEndMs ?? 0, record.endedAtMs);
    if (record.kind === "evaluation" && !isWorthAnotherTry(record)) {
      this.#evaluatedNumber = Math.max(this.#evaluatedNumber, record.number);
    }
    if (record.outcome !== "committed") return;
    if (makesCheckpoint(record.kind)) {
      this.#lastNumber = Math.max(this.#lastNumber, record.number);
    }
    if (record.kind === "rollback") {
      // What came before says nothing about where training goes from here.
      this.#mark = undefined;
      this.#sinceMark = 0;
      this.#hasReachedTarget = false;
      return;
    }
    if (record.kind === JUDGED_KIND[this.#definition.evaluation.judgedBy]) this.#judge(record);
  }

  get best(): BestMeasurement | undefined {
    return this.#best;
  }

  /** The newest checkpoint's round that clients have been asked to evaluate; -1 before the first. */
  get evaluatedNumber(): number {
    return this.#evaluatedNumber;
  }

  /** When the last round with a cohort ended. */
  get lastEndMs(): number | undefined {
    return this.#lastEndMs;
  }

  /** The newest checkpoint's round; 0 for the initial model. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Why no further round is to begin; `undefined` while one may. */
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

  /** @param record - Of the kind that the task is judged by. */
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

  /** By how much `value` is better than `than`. */
  #gain(value: number, than: number): number {
    return isBetterHigher(this.#measure) ? value - than : than - value;
  }
}

const JUDGED_KIND = {
  training: "training",
  clients: "evaluation",
  operator: "operator-evaluation",
} as const;

/** An evaluation that too few clients could serve is not tried again: the next one is of a newer checkpoint. */
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
