import type { ModelState } from "@tributary/core";
import type { CheckpointId } from "@tributary/protocol";

/** A committed state of a task's model, with the names by which stores and clients know it. */
export interface ModelVersion {
  /** The round that made it; 0 for the initial model. */
  readonly roundNumber: number;
  /** SHA-256 of the parameters' bytes. */
  readonly checkpointId: CheckpointId;
  readonly state: ModelState;
  /** The checkpoint that `state.difference` leads from; present exactly when the state has one. */
  readonly differenceFrom?: CheckpointId;
}
