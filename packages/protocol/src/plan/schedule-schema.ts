// The schema of the schedule of a task file.
import * as z from "zod";
import { strictRecord, wholeNumber } from "../schema/strict-schema.ts";

const INSTANT_REMEDY = "Use a time like 2026-12-01T22:00:00Z.";
const instant = (): z.ZodNullable<z.ZodISODateTime> =>
  z.iso.datetime({ offset: true, error: INSTANT_REMEDY }).nullable();

const TIME_REMEDY = "Use a time of day like 22:30, UTC.";
const timeOfDay = (): z.ZodString =>
  z.string({ error: TIME_REMEDY }).regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, { error: TIME_REMEDY });

/** When rounds may begin. */
export const scheduleSection = strictRecord({
  startAt: instant().default(null).describe("No round before this time."),
  endAt: instant().default(null).describe("No round from this time on: the task ends."),
  dailyWindow: strictRecord({
    from: timeOfDay().describe("When the window opens, UTC."),
    to: timeOfDay().describe("When it closes, UTC; before `from` for a window past midnight."),
  })
    .refine(({ from, to }) => from !== to, { error: "Let the window open and close at two times." })
    .nullable()
    .default(null)
    .describe("Rounds begin only within this window of each day. A round in flight goes on."),
  minimumIntervalMs: wholeNumber(0, 31_536_000_000)
    .default(0)
    .describe("Least time from the end of a cohort's round to the next, milliseconds."),
});
