// The schemas of conditions: in a task file and in a plan.
import type * as z from "zod";
import { flag, oneOf, positiveNumber, strictRecord, wholeNumber } from "../schema/strict-schema.ts";
import { unknownConditionNames, type Conditions } from "./conditions.ts";
import { dailyWindow } from "./schedule-schema.ts";

/** A day has 86,400 seconds. */
const dailySeconds = (): z.ZodNumber => wholeNumber(1, 86_400);
const hours = (): ReturnType<typeof dailyWindow> => dailyWindow("by the device's own clock");
const unknown = oneOf(unknownConditionNames);

/** The keys of a task file that are conditions, in the section `eligibility`. */
export const taskConditions = {
  charging: flag().default(false).describe("Only devices on external power."),
  minimumBattery: positiveNumber(1)
    .nullable()
    .default(null)
    .describe(
      "Only devices whose battery is charged to at least this share, or that have none. `null` for any charge.",
    ),
  unmetered: flag().default(false).describe("Only networks without a data allowance."),
  dataSaverOff: flag().default(false).describe("Only devices that were not asked to save data."),
  idle: flag().default(false).describe("Only devices that nobody uses."),
  hidden: flag()
    .default(false)
    .describe("Only while the page of the client is not shown. Other programs are never shown."),
  unburdened: flag()
    .default(false)
    .describe("Only devices whose processor has room for more work."),
  hours: hours()
    .nullable()
    .default(null)
    .describe("Only within these hours of each day, by the device's own clock."),
  dailySeconds: dailySeconds()
    .nullable()
    .default(null)
    .describe("The most seconds in a day that a device works for the task. `null` for no limit."),
  dailyBattery: positiveNumber(1)
    .nullable()
    .default(null)
    .describe(
      "The largest share of its battery that a device spends on the task in a day. `null` for no limit.",
    ),
  unknown: unknown
    .default("unmet")
    .describe(
      "What a condition counts as of which a device cannot tell whether it holds, as many browsers cannot of their battery.",
    ),
};

/** The conditions in a plan: whatever is left out is not asked for. */
export const planConditionsSchema: z.ZodType<Conditions> = strictRecord({
  charging: flag().exactOptional(),
  minimumBattery: positiveNumber(1).exactOptional(),
  unmetered: flag().exactOptional(),
  dataSaverOff: flag().exactOptional(),
  idle: flag().exactOptional(),
  hidden: flag().exactOptional(),
  unburdened: flag().exactOptional(),
  hours: hours().exactOptional(),
  dailySeconds: dailySeconds().exactOptional(),
  dailyBattery: positiveNumber(1).exactOptional(),
  unknown,
});
