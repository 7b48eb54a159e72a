// The schema of the schedule of a task file.
import * as z from "zod";
import { strictRecord, wholeNumber } from "../schema/strict-schema.ts";

const INSTANT_REMEDY = "Use a time like 2026-12-01T22:00:00Z.";
const instant = (): z.ZodNullable<z.ZodISODateTime> =>
  z.iso.datetime({ offset: true, error: INSTANT_REMEDY }).nullable();

const timeOfDay = (error: string): z.ZodString =>
  z.string({ error }).regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, { error });

/**
 * A window of each day.
 * @param clock - Whose times of day it is given in.
 */
export function dailyWindow(
  clock: string,
): z.ZodType<{ readonly from: string; readonly to: string }> {
  const remedy = `Use a time of day like 22:30, ${clock}.`;
  return strictRecord({
    from: timeOfDay(remedy).describe(`When the window opens, ${clock}.`),
    to: timeOfDay(remedy).describe(
      `When it closes, ${clock}; before \`from\` for a window past midnight.`,
    ),
  }).refine(({ from, to }) => from !== to, {
    error: "Let the window open and close at two times.",
  });
}

/** When rounds may begin. */
export const scheduleSection = strictRecord({
  startAt: instant().default(null).describe("No round before this time."),
  endAt: instant().default(null).describe("No round from this time on: the task ends."),
  dailyWindow: dailyWindow("UTC")
    .nullable()
    .default(null)
    .describe("Rounds begin only within this window of each day. A round in flight goes on."),
  minimumIntervalMs: wholeNumber(0, 31_536_000_000)
    .default(0)
    .describe("Least time from the end of a cohort's round to the next, milliseconds."),
});
