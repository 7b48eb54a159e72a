import { decodePlan, layoutOf, type CheckpointId } from "@tributary/protocol";
import type { TaskRecord, TributaryServer } from "@tributary/server";
import type { Metrics } from "./demo-observer.ts";
import type { TrainingProgress } from "./training-progress.ts";

export interface DemoResult {
  /** Training rounds that were committed. */
  readonly rounds: number;
  readonly clients: number;
  /** Metrics of the last checkpoint on the held-out examples. */
  readonly score: Metrics;
  /** Bytes that a client sent in a round, on average over all reports. */
  readonly bytesUpPerClientRound: number;
  /** Bytes that a client received in a round, on average over all reports. */
  readonly bytesDownPerClientRound: number;
  /**
   * When the score of a round's checkpoint first reached the task's target. Undefined if none did,
   * or if the task is not judged by its operator.
   */
  readonly target: { readonly round: number; readonly elapsedMs: number } | undefined;
  /** Bytes of one update as plain float32, for comparison. */
  readonly float32Bytes: number;
  /** The last checkpoint. */
  readonly checkpoint: CheckpointId;
  readonly checkpointBytes: Uint8Array;
  readonly task: TaskRecord;
  readonly elapsedMs: number;
}

/** Sums up a demo that is over. */
export async function sumUp(
  progress: TrainingProgress,
  task: TaskRecord,
  server: TributaryServer,
  { clients, elapsedMs }: Pick<DemoResult, "clients" | "elapsedMs">,
): Promise<DemoResult> {
  const { committed, target } = progress;
  const last = committed.at(-1)!;
  const checkpoint = last.checkpoint!;
  const reports = committed.reduce((sum, round) => sum + round.reported, 0);
  const perReport = (direction: "bytesUp" | "bytesDown"): number =>
    Math.round(committed.reduce((sum, round) => sum + round[direction], 0) / reports);
  return {
    rounds: committed.length,
    clients,
    score: progress.scoreOf(last)?.metrics ?? {},
    bytesUpPerClientRound: perReport("bytesUp"),
    bytesDownPerClientRound: perReport("bytesDown"),
    target,
    float32Bytes: 4 * layoutOf(decodePlan(task.planBytes).model.parameters).size,
    checkpoint,
    checkpointBytes: (await server.storage.checkpoints.get(checkpoint))!,
    task,
    elapsedMs,
  };
}
