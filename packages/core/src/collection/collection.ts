import type { RoundPurpose } from "@tributary/protocol";
import type { ModelState } from "../server-step/model-state.ts";
import type { PackingDeps } from "../server-step/pack-state.ts";
import type { Measurement } from "./round-measures.ts";
import type { Report, ReportForm } from "./report.ts";

/** What a client offers at check-in, as far as a round is concerned with it. */
export interface MemberOffer {
  /** Examples that the client can train on. */
  readonly exampleCount: number;
  /** Examples that the client holds out and does not train on; 0 when it evaluates nothing. */
  readonly heldOutCount: number;
}

/**
 * What the members of one round are asked for, and what their reports come to. A round drives a
 * collection in this order: `begin` once, `receive` for each complete report, `close` when no
 * further report counts, then `combine`. `discard` may come at any time and is the last call.
 *
 * A new way of collecting is a new adapter of this interface and a case in `openCollection`. The
 * state machines and the gateway do not know which one they serve.
 */
export interface Collection {
  /** What members are told to do. */
  readonly purpose: RoundPurpose;
  /** Whether a round of this kind makes the task's next checkpoint. */
  readonly makesCheckpoint: boolean;
  /** Whether a client with this offer can be asked. */
  isOpenTo(offer: MemberOffer): boolean;
  /** The most examples that the report of a client with this offer may be about. */
  mostExamples(offer: MemberOffer): number;
  /**
   * Begins the collection, once the cohort is complete.
   * @returns What each of their reports must look like.
   */
  begin(): ReportForm;
  /**
   * Checks a whole report and then adds it. After an error the collection is as it was before.
   * @param report - Its payload is neither modified nor kept, but must not change before the
   *   collection is done with it: when this returns or, where it returns a promise, when that
   *   settles.
   * @throws TributaryError `UPDATE_SHAPE`, `UPDATE_MALFORMED`, `UPDATE_NOT_FINITE`,
   *   `UPDATE_OUT_OF_RANGE` or `EXAMPLE_COUNT_INVALID`; `INTERNAL` when added reports are lost.
   *   Thrown, or as the promise's rejection.
   */
  receive(report: Report): void | Promise<void>;
  /** Call when no further report will be received and none is being received. */
  close(): Promise<void>;
  /**
   * Combines the reports into the result of the round.
   * @param before - The state of the model that the members were sent; not modified.
   * @returns The next state of the model; `undefined` when the round makes no checkpoint.
   * @throws TributaryError what the aggregation rule or the server step throws, `INTERNAL` when
   *   what had been added is lost. Such a round is not committed.
   */
  combine(before: ModelState, deps: PackingDeps): Promise<ModelState | undefined>;
  /** Forgets the reports and what they have been combined to; counts and measures stay. Idempotent. */
  discard(): void;
  /** Number of reports that have been added. */
  readonly reportCount: number;
  /** Number of examples behind these reports. */
  readonly exampleCount: number;
  /** What the reports have measured together, as `RoundMeasures` makes it. */
  measured(): Measurement;
}
