// What every adapter refuses before it writes anything, so that they refuse the same.
import {
  TributaryError,
  checkpointIdOf,
  type CheckpointId,
  type CryptoProvider,
} from "@tributary/protocol";
import { makesCheckpoint } from "@tributary/core";
import type { ParticipationRecord, RoundCommit, RoundRecord } from "./round-store.ts";

/** @throws TributaryError `CHECKPOINT_CORRUPT` unless `id` is the SHA-256 of `bytes`. */
export function requireHash(
  crypto: CryptoProvider,
  id: CheckpointId,
  bytes: Uint8Array,
  remedy: string,
): void {
  const actual = checkpointIdOf(crypto, bytes);
  if (actual === id) return;
  throw new TributaryError(
    "CHECKPOINT_CORRUPT",
    `The bytes of checkpoint ${id} hash to ${actual}`,
    { remedy, context: { checkpoint: id, byteLength: bytes.length } },
  );
}

/** The remedy when the caller's own bytes do not fit their name. */
export const WRONG_BYTES_REMEDY = "Store the bytes under the SHA-256 of exactly these bytes.";

/** @throws TributaryError `BAD_PARAMETER` or `CHECKPOINT_CORRUPT`, see `RoundStore.commit`. */
export function checkCommit(
  crypto: CryptoProvider,
  { round, checkpoint, participations = [] }: RoundCommit,
): void {
  const made = round.outcome === "committed" && makesCheckpoint(round.kind);
  if (made !== (round.checkpoint !== null) || made !== (checkpoint !== undefined)) {
    throw contradiction(
      round,
      `The record of a ${round.outcome} ${round.kind} comes ${made ? "with" : "without"} a checkpoint`,
    );
  }
  for (const [name, value] of Object.entries(round.metrics)) {
    if (!Number.isFinite(value)) throw contradiction(round, `The metric "${name}" is not finite`);
  }
  requireOwnParticipations(round, participations);
  if (checkpoint === undefined) return;
  const { record, bytes } = checkpoint;
  if (
    record.id !== round.checkpoint ||
    record.taskId !== round.taskId ||
    record.roundNumber !== round.number ||
    record.byteLength !== bytes.length
  ) {
    throw contradiction(round, "The checkpoint's record does not belong to the round");
  }
  requireHash(crypto, record.id, bytes, WRONG_BYTES_REMEDY);
}

function requireOwnParticipations(
  round: RoundRecord,
  participations: readonly ParticipationRecord[],
): void {
  if (participations.length === 0) return;
  if (round.outcome !== "committed" || round.kind !== "training") {
    throw contradiction(round, `A ${round.outcome} ${round.kind} round comes with participations`);
  }
  if (participations.some(({ roundNumber }) => roundNumber !== round.number)) {
    throw contradiction(round, "A participation is of another round number");
  }
  if (new Set(participations.map(({ deviceId }) => deviceId)).size !== participations.length) {
    throw contradiction(round, "A device participates twice");
  }
}

function contradiction(round: RoundRecord, message: string): TributaryError {
  return new TributaryError("BAD_PARAMETER", message, {
    remedy: "Build all records from the same round.",
    context: { round: round.id, number: round.number },
  });
}

export function taskExists(id: string): TributaryError {
  return new TributaryError("TASK_STATE_CONFLICT", `There is a task ${id} already`, {
    remedy: "Create the task under a new id.",
    context: { task: id },
  });
}

export function taskUnknown(id: string): TributaryError {
  return new TributaryError("TASK_UNKNOWN", `There is no task ${id}`, {
    remedy: "`tributary task list` names the tasks.",
    context: { task: id },
  });
}

export function tokenExists(id: string): TributaryError {
  return new TributaryError("ADMIN_TOKEN_CONFLICT", `There is an admin token ${id} already`, {
    remedy: "Create the token anew.",
    context: { token: id },
  });
}

/** Another attempt has committed this round number: what the caller trained from is out of date. */
export function numberTaken(round: RoundRecord): TributaryError {
  return new TributaryError(
    "TASK_STATE_CONFLICT",
    `Round ${round.number} of task ${round.taskId} has been committed already`,
    {
      remedy: "Load the task's last committed round and go on from it.",
      context: { round: round.id, number: round.number },
    },
  );
}

/** What tells a retry from a clash of ids. */
export type RoundIdentity = Pick<
  RoundRecord,
  "taskId" | "kind" | "number" | "outcome" | "checkpoint"
>;

/** @throws TributaryError `TASK_STATE_CONFLICT` unless the recorded round is the same one, sent again. */
export function requireSameRound(recorded: RoundIdentity | undefined, round: RoundRecord): void {
  if (
    recorded?.taskId === round.taskId &&
    recorded.kind === round.kind &&
    recorded.number === round.number &&
    recorded.outcome === round.outcome &&
    recorded.checkpoint === round.checkpoint
  ) {
    return;
  }
  throw new TributaryError(
    "TASK_STATE_CONFLICT",
    `Round ${round.id} has been recorded with another outcome`,
    {
      remedy: "Give each attempt at a round its own id.",
      context: { round: round.id, number: round.number },
    },
  );
}
