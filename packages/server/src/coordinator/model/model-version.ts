import type { ModelState } from "@tributary/core";
import type { CheckpointId } from "@tributary/protocol";

/** The names by which stores and clients know a version of a task's model. */
export interface VersionReference {
  /** The round that made it; 0 for the initial model. */
  readonly roundNumber: number;
  /** SHA-256 of the parameters' bytes. */
  readonly checkpointId: CheckpointId;
}

/** A committed state of a task's model. */
export interface ModelVersion extends VersionReference {
  readonly state: ModelState;
  /** The checkpoint that `state.difference` leads from; present exactly when the state has one. */
  readonly differenceFrom?: CheckpointId;
}
