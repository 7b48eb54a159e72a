import type { RoundRecord, TaskRecord, TributaryServer } from "@tributary/server";
import type { DemoData } from "./demo-data.ts";

/** Is told how the demo goes, to show it to a person. */
export interface DemoObserver {
  /** The server runs and the task exists; the clients have not started. */
  started(facts: {
    readonly server: TributaryServer;
    readonly task: TaskRecord;
    readonly data: DemoData;
    readonly threads: number;
    readonly seed: number;
  }): void;
  /** `accepted` of the `cohort` clients in this round have reported. */
  report(roundNumber: number, accepted: number, cohort: number): void;
  /**
   * A round was committed, and its checkpoint has been scored on the held-out examples, if that was
   * due; otherwise there are no metrics.
   */
  round(round: RoundRecord, metrics: Metrics, elapsedMs: number): void;
  /** A round was abandoned. The server tries it again. */
  abandoned(round: RoundRecord): void;
}

/** Loss and metrics of a model, by name. */
export type Metrics = Readonly<Record<string, number>>;
