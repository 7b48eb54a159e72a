// Identifiers. Each kind has a type of its own, so that a round's id cannot be passed where a
// task's id is expected; at run time all are strings. The functions check text that comes from
// outside.
import { toHex } from "./bytes/encoding.ts";
import { TributaryError } from "./errors.ts";

declare const brand: unique symbol;
/** A string with a mark that exists only for the compiler. */
type Id<Name extends string> = string & { readonly [brand]: Name };

/**
 * SHA-256 of an artifact's bytes, as 64 lowercase hexadecimal digits. Plans and checkpoints are
 * artifacts.
 */
export type ArtifactId = Id<"plan" | "checkpoint">;
/** SHA-256 of a checkpoint's bytes. It is the checkpoint's name everywhere. */
export type CheckpointId = Id<"checkpoint">;
/** SHA-256 of a plan's canonical bytes. It is the plan's name everywhere. */
export type PlanId = Id<"plan">;
/** SHA-256 of what a server optimizer remembers of a model. */
export type OptimizerMemoryId = Id<"optimizerMemory">;
/** SHA-256 of bytes that a server stores under this name. */
export type ContentId = Id<"checkpoint" | "optimizerMemory">;
/** The id of a task, such as `task_5f0c…`. */
export type TaskId = Id<"TaskId">;
/**
 * The id of a round, such as `rnd_5f0c…`: one attempt at making a checkpoint. A new attempt gets a
 * new id, and an abandoned round keeps its own.
 */
export type RoundId = Id<"RoundId">;
/**
 * The id of a session, such as `ses_5f0c…`. It names one connection and no device: a reconnection
 * gets a new one.
 */
export type SessionId = Id<"SessionId">;
/** The public part of an admin token, such as `tok_5f0c…`. */
export type AdminTokenId = Id<"AdminTokenId">;
/** The name of a population: the clients that share an app and a kind of data. */
export type PopulationName = Id<"PopulationName">;

const HEX_64 = /^[0-9a-f]{64}$/;
// A prefix that names the kind, and 8 to 16 random bytes.
const OPAQUE = /^[a-z]+_[0-9a-f]{16,32}$/;
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * @throws TributaryError `BAD_PARAMETER` with `what` and `rule`, unless the text matches the
 * pattern.
 */
function checked<T extends string>(text: string, pattern: RegExp, what: string, rule: string): T {
  if (!pattern.test(text)) {
    throw new TributaryError("BAD_PARAMETER", `${what} is not valid`, {
      remedy: `Use ${rule}.`,
      context: { value: text.slice(0, 80) },
    });
  }
  return text as T;
}

/**
 * Checks the form of a checkpoint's id; not whether it exists.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function checkpointId(text: string): CheckpointId {
  return checked(text, HEX_64, "The checkpoint id", "64 lowercase hexadecimal digits");
}

/**
 * Checks the form of a plan's id; not whether it exists.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function planId(text: string): PlanId {
  return checked(text, HEX_64, "The plan id", "64 lowercase hexadecimal digits");
}

/**
 * Checks the form of a task's id; not whether it exists.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function taskId(text: string): TaskId {
  return checked(text, OPAQUE, "The task id", "an id as printed by `tributary task list`");
}

/**
 * Checks the form of a round's id; not whether it exists.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function roundId(text: string): RoundId {
  return checked(text, OPAQUE, "The round id", "an id as printed by `tributary round list`");
}

/**
 * Checks the form of a session's id; not whether it exists.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function sessionId(text: string): SessionId {
  return checked(text, OPAQUE, "The session id", "an id issued by the server");
}

/**
 * Checks the form of an admin token's id; not whether it exists.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function adminTokenId(text: string): AdminTokenId {
  return checked(text, OPAQUE, "The token id", "an id as printed by `tributary token list`");
}

/**
 * Checks the form of a population's name; not whether it exists.
 * @throws TributaryError `BAD_PARAMETER`.
 */
export function populationName(text: string): PopulationName {
  return checked(
    text,
    NAME,
    "The population name",
    "1 to 64 lowercase letters, digits, '.', '_' or '-', beginning with a letter or digit",
  );
}

/**
 * Makes a new id such as `rnd_5f0c…`.
 * @param random - At least 16 random bytes, which the caller draws; the first 16 are used.
 */
export function opaqueId(prefix: "task" | "rnd" | "ses" | "tok", random: Uint8Array): string {
  return `${prefix}_${toHex(random.subarray(0, 16))}`;
}
