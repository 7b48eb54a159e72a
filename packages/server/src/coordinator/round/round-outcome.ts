import type { AbandonReason, TaskScore } from "@tributary/core";
import {
  PROTOCOL_CONSTANTS,
  type ArtifactReference,
  type CheckpointId,
  type RoundId,
  type RoundScore,
  type ServerMessage,
} from "@tributary/protocol";
import type { ModelVersion } from "../model/model-version.ts";

/** Where the task stands when its round ends. */
export interface RoundAftermath {
  /** Whether the task has no further rounds. */
  readonly taskFinished: boolean;
  /** What the task's last evaluation came to, if it has had one. */
  readonly score: TaskScore | undefined;
}

/** What every member is told of a round's end: all but when it is to come back. */
export function roundOutcome(
  roundId: RoundId,
  result: ModelVersion | AbandonReason,
  { taskFinished, score }: RoundAftermath,
): Omit<Extract<ServerMessage, { type: "roundOutcome" }>, "nextCheckInMs"> {
  return {
    type: "roundOutcome",
    roundId,
    outcome:
      typeof result === "string" ? { abandoned: result } : { committed: referenceTo(result) },
    taskFinished,
    ...(score === undefined ? {} : { score: scoreOf(score) }),
  };
}

function scoreOf({ roundNumber, metrics }: TaskScore): RoundScore {
  const values = Object.entries(metrics).map(([name, value]) => ({ name, value }));
  return { roundNumber, metrics: values.slice(0, PROTOCOL_CONSTANTS.maxMetrics) };
}

function referenceTo({ checkpointId, state }: ModelVersion): ArtifactReference<CheckpointId> {
  return { id: checkpointId, byteLength: state.weights.byteLength };
}
