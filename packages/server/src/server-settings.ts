import * as z from "zod";
import { TributaryError, resolveLimits, type Limits } from "@tributary/protocol";
import type { LogLevel } from "./runtime/logger.ts";

/** The log levels by name. */
export const logLevelSchema: z.ZodType<LogLevel> = z.enum([
  "debug",
  "info",
  "warn",
  "error",
  "silent",
]);

const settingsSchema = z.strictObject({
  logLevel: logLevelSchema.optional(),
  limits: z.record(z.string(), z.unknown()).optional(),
});

/** The settings that can change while a server runs. */
export interface ServerSettings {
  /** The lowest level of what is logged; `info` if left out. */
  readonly logLevel?: LogLevel;
  /** The limits to change; all others are as in `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
}

/**
 * Checks settings that come from a file.
 * @throws TributaryError `CONFIG_INVALID`, which names the key.
 */
export function parseServerSettings(value: unknown): ServerSettings {
  const parsed = settingsSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join(".") ?? "";
    throw new TributaryError(
      "CONFIG_INVALID",
      `The settings${where === "" ? "" : `' key ${where}`} cannot be used: ${issue?.message ?? ""}`,
      {
        remedy:
          "The keys are logLevel (debug, info, warn, error or silent) and limits (a number for " +
          "each limit of docs/protocol.md §9).",
        context: { path: where },
      },
    );
  }
  const { logLevel, limits } = parsed.data;
  resolveLimits(limits);
  return {
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(limits === undefined ? {} : { limits }),
  };
}

/** Limits that a running server cannot change: they are used once, when it starts. */
export const LIMITS_OF_THE_START = [
  "maxConcurrentReports",
  "maxRequestHeadBytes",
  "storeTimeoutMs",
] as const satisfies readonly (keyof Limits)[];

/**
 * Puts limits in the place of those of a running server. Whoever holds the limits sees the new
 * ones: a limit counts from the next time that it is looked up.
 * @param limits - The limits of the server. Changed, but for those of the start.
 * @returns The names of the limits that have changed, and of those that wait for the next start.
 */
export function changeLimits(
  limits: Limits,
  next: Limits,
): { readonly changed: readonly string[]; readonly waiting: readonly string[] } {
  const differing = (Object.keys(next) as (keyof Limits)[]).filter(
    (name) => next[name] !== limits[name],
  );
  const waits = (name: keyof Limits): boolean =>
    LIMITS_OF_THE_START.some((ofTheStart) => ofTheStart === name);
  const changed = differing.filter((name) => !waits(name));
  Object.assign(limits, Object.fromEntries(changed.map((name) => [name, next[name]])));
  return { changed, waiting: differing.filter(waits) };
}
