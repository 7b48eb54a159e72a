// The checks that every adapter makes before it writes anything, so that all adapters refuse the
// same things.
import { TributaryError, toHex, type ContentId, type CryptoProvider } from "@tributary/protocol";
import { makesCheckpoint } from "@tributary/core";
import type { ParticipationRecord, RoundCommit, RoundRecord } from "./round-store.ts";

/**
 * Checks that bytes have the hash that names them.
 * @param remedy - What the reader of the error can do.
 * @throws TributaryError `CHECKPOINT_CORRUPT` unless `id` is the SHA-256 of `bytes`.
 */
export function requireHash(
  crypto: CryptoProvider,
  id: ContentId,
  bytes: Uint8Array,
  remedy: string,
): void {
  const actual = toHex(crypto.sha256(bytes));
  if (actual === id) return;
  throw new TributaryError("CHECKPOINT_CORRUPT", `The bytes named ${id} hash to ${actual}`, {
    remedy,
    context: { id, byteLength: bytes.length },
  });
}

/** The remedy when the bytes that a caller wants to store do not have the hash that names them. */
export const WRONG_BYTES_REMEDY = "Store the bytes under the SHA-256 of exactly these bytes.";

/**
 * Checks that the records of a commit agree with each other.
 * @throws TributaryError `BAD_PARAMETER` when they do not; `CHECKPOINT_CORRUPT` when bytes do not
 *   hash to the id that names them.
 */
export function checkCommit(
  crypto: CryptoProvider,
  { round, checkpoint, participations = [] }: RoundCommit,
): void {
  const made = round.outcome === "committed" && makesCheckpoint(round.kind);
  if (made !== (round.checkpoint !== null) || made !== (checkpoint !== undefined)) {
    throw contradiction(
      round,
      `The record of a ${round.outcome} ${round.kind} must ${made ? "" : "not "}have a checkpoint`,
    );
  }
  for (const [name, value] of Object.entries(round.metrics)) {
    if (!Number.isFinite(value)) throw contradiction(round, `The metric "${name}" is not finite`);
  }
  if (!isSound(round)) throw contradiction(round, "Only attempts without reports share a record");
  requireOwnParticipations(round, participations);
  if (checkpoint === undefined) return;
  const { record, bytes, optimizerMemory } = checkpoint;
  if (
    record.id !== round.checkpoint ||
    record.taskId !== round.taskId ||
    record.roundNumber !== round.number ||
    record.byteLength !== bytes.length
  ) {
    throw contradiction(round, "The checkpoint's record does not belong to the round");
  }
  requireHash(crypto, record.id, bytes, WRONG_BYTES_REMEDY);
  if ((record.optimizerMemory === null) !== (optimizerMemory === undefined)) {
    throw contradiction(round, "The checkpoint's record and the optimizer's memory do not agree");
  }
  if (record.optimizerMemory === null || optimizerMemory === undefined) return;
  requireHash(crypto, record.optimizerMemory, optimizerMemory, WRONG_BYTES_REMEDY);
}

/** Whether the number of attempts fits the outcome. */
function isSound({ attempts, outcome, reported }: RoundRecord): boolean {
  if (attempts === 1) return true;
  return (
    Number.isSafeInteger(attempts) && attempts > 1 && outcome === "abandoned" && reported === 0
  );
}

function requireOwnParticipations(
  round: RoundRecord,
  participations: readonly ParticipationRecord[],
): void {
  if (participations.length === 0) return;
  if (round.outcome !== "committed" || round.kind !== "training") {
    throw contradiction(round, `A ${round.outcome} ${round.kind} round cannot have participations`);
  }
  if (participations.some(({ roundNumber }) => roundNumber !== round.number)) {
    throw contradiction(round, "A participation has another round number");
  }
  if (new Set(participations.map(({ deviceId }) => deviceId)).size !== participations.length) {
    throw contradiction(round, "A device has two participations");
  }
}

function contradiction(round: RoundRecord, message: string): TributaryError {
  return new TributaryError("BAD_PARAMETER", message, {
    remedy: "Build all records from the same round.",
    context: { round: round.id, number: round.number },
  });
}

/** The error when a task is created under an id that is taken. */
export function taskExists(id: string): TributaryError {
  return new TributaryError("TASK_STATE_CONFLICT", `There is a task ${id} already`, {
    remedy: "Create the task under a new id.",
    context: { task: id },
  });
}

/** The error when a round names a task that does not exist. */
export function taskUnknown(id: string): TributaryError {
  return new TributaryError("TASK_UNKNOWN", `There is no task ${id}`, {
    remedy: "`tributary task list` names the tasks.",
    context: { task: id },
  });
}

/** The error when a token is added under an id that is taken. */
export function tokenExists(id: string): TributaryError {
  return new TributaryError("ADMIN_TOKEN_CONFLICT", `There is an admin token ${id} already`, {
    remedy: "Create the token anew.",
    context: { token: id },
  });
}

/**
 * The error when another attempt has committed a round of this number. The caller's round began
 * from a checkpoint that is no longer the newest.
 */
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

/** The fields that show whether two rounds with the same id are the same round, sent twice. */
export type RoundIdentity = Pick<
  RoundRecord,
  "taskId" | "kind" | "number" | "outcome" | "checkpoint"
>;

/**
 * @throws TributaryError `TASK_STATE_CONFLICT` unless the two rounds are the same one, sent twice.
 */
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
