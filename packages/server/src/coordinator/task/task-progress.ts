import type { BestMeasurement } from "@tributary/core";
import type { CheckpointId } from "@tributary/protocol";
import type { TaskProblem } from "../../telemetry/server-event.ts";
import type { TaskRunner } from "./task-runner.ts";

/** What a task is doing now. */
export interface TaskProgress {
  /** The phase of the round in flight; `idle` when there is none. */
  readonly phase: TaskRunner["phase"];
  readonly committedRounds: number;
  /** Clients of the task's population that wait for a round of any task. */
  readonly waitingClients: number;
  /** Why a running task does not get on, or why a task cannot be read; undefined for any other. */
  readonly problem: TaskProblem | undefined;
}

/** A task's best checkpoint, with the measurement that made it the best. */
export interface BestCheckpoint extends BestMeasurement {
  readonly checkpoint: CheckpointId;
}
