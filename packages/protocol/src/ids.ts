import { TributaryError } from "./errors.ts";

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

/** SHA-256 of an artifact's bytes, 64 lowercase hex digits. Plans and checkpoints are artifacts. */
export type ArtifactId = Id<"plan" | "checkpoint">;
/** SHA-256 of a checkpoint's bytes: its name everywhere. */
export type CheckpointId = Id<"checkpoint">;
/** SHA-256 of a plan's canonical bytes. */
export type PlanId = Id<"plan">;
/** A task, as the server's store names it. */
export type TaskId = Id<"TaskId">;
/** One attempt at a round. Abandoned rounds keep theirs; a new attempt gets a new one. */
export type RoundId = Id<"RoundId">;
/** One authenticated connection. Not an identity of a device: a reconnection gets a new one. */
export type SessionId = Id<"SessionId">;
/** A token of the admin API: its public part. */
export type AdminTokenId = Id<"AdminTokenId">;
/** The name of a population of clients that share an app and a kind of data. */
export type PopulationName = Id<"PopulationName">;

const HEX_64 = /^[0-9a-f]{64}$/;
const OPAQUE = /^[a-z]+_[0-9a-f]{16,32}$/;
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

function checked<T extends string>(text: string, pattern: RegExp, what: string, rule: string): T {
  if (!pattern.test(text)) {
    throw new TributaryError("BAD_PARAMETER", `${what} is not valid`, {
      remedy: `Use ${rule}.`,
      context: { value: text.slice(0, 80) },
    });
  }
  return text as T;
}

export function checkpointId(text: string): CheckpointId {
  return checked(text, HEX_64, "The checkpoint id", "64 lowercase hexadecimal digits");
}
export function planId(text: string): PlanId {
  return checked(text, HEX_64, "The plan id", "64 lowercase hexadecimal digits");
}
export function taskId(text: string): TaskId {
  return checked(text, OPAQUE, "The task id", "an id as printed by `tributary task list`");
}
export function roundId(text: string): RoundId {
  return checked(text, OPAQUE, "The round id", "an id as printed by `tributary round list`");
}
export function sessionId(text: string): SessionId {
  return checked(text, OPAQUE, "The session id", "an id issued by the server");
}
export function adminTokenId(text: string): AdminTokenId {
  return checked(text, OPAQUE, "The token id", "an id as printed by `tributary token list`");
}
export function populationName(text: string): PopulationName {
  return checked(
    text,
    NAME,
    "The population name",
    "1 to 64 lowercase letters, digits, '.', '_' or '-', beginning with a letter or digit",
  );
}

/** Makes a new id such as `rnd_5f0c…` from 16 bytes that the caller draws. */
export function opaqueId(prefix: "task" | "rnd" | "ses" | "tok", random: Uint8Array): string {
  let hex = "";
  for (const byte of random.subarray(0, 16)) hex += byte.toString(16).padStart(2, "0");
  return `${prefix}_${hex}`;
}
