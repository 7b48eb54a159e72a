import type { ModelState } from "@tributary/core";
import type { CheckpointId, OptimizerMemoryId } from "@tributary/protocol";

/** The names by which stores and clients know a version of a task's model. */
export interface VersionReference {
  /** The round that made it; 0 for the initial model. */
  readonly roundNumber: number;
  /** SHA-256 of the parameters' bytes. */
  readonly checkpointId: CheckpointId;
  /** SHA-256 of what the server optimizer remembers of it; null when it remembers nothing. */
  readonly optimizerMemory: OptimizerMemoryId | null;
}

/**
 * A committed state of a task's model. One that was read has no optimizer memory in it until
 * `withMemory` has read that as well, which only the next round needs.
 */
export interface ModelVersion extends VersionReference {
  readonly state: ModelState;
  /** The checkpoint that `state.difference` leads from; present exactly when the state has one. */
  readonly differenceFrom?: CheckpointId;
}
