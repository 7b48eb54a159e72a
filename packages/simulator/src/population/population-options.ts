import * as z from "zod";
import { TributaryError } from "@tributary/protocol";
import { list, strictRecord, text } from "@tributary/protocol/schemas";
import { distribution } from "./distribution.ts";

const share = z
  .number({ error: "Use a number from 0 to 1." })
  .min(0, { error: "Use a number from 0 to 1." })
  .max(1, { error: "Use a number from 0 to 1." });

/** The keys of the section `population` of an experiment. */
const section = strictRecord({
  name: text(64).default("simulation").describe("The name of the population."),
  secondsPerExample: distribution
    .default(0)
    .describe("How long a device trains on one example, once, in seconds."),
  downloadBytesPerSecond: distribution
    .exactOptional()
    .describe("How fast a device receives a model. Left out: at once."),
  uploadBytesPerSecond: distribution
    .exactOptional()
    .describe("How fast a device sends its report. Left out: at once."),
  dropout: share
    .default(0)
    .describe("The probability that a selected device leaves before its report is complete."),
  stragglers: share
    .default(0)
    .describe(
      "The share of a round's members that make fewer passes over their examples: a number drawn from 1 to `plan.localEpochs`.",
    ),
  availability: z
    .union([share, list(share, { min: 24, max: 24 })], {
      error: "Use a number from 0 to 1, or a list of 24 of them, one for each hour of the day.",
    })
    .default(1)
    .describe(
      "The share of the devices that can be selected: a number, or a list of 24, one for each hour of a device's day.",
    ),
  timeZones: z
    .int()
    .min(1)
    .max(24)
    .default(1)
    .describe("Over how many hours of time the devices' days are spread; 1 for one time zone."),
  trace: text(4_096)
    .exactOptional()
    .describe(
      "A table of devices with columns that are named like these keys, in place of their distributions. Each client is a row of it, drawn at random.",
    ),
});

/** The section `population`: the name alone, as in a task file, or what devices are like. */
export const populationOptions = z.union(
  [text(64).transform((name) => section.parse({ name })), section],
  { error: "Give a name, or an object with what devices are like." },
);

/** What the devices of an experiment are like, with all defaults filled in. */
export type PopulationOptions = z.output<typeof populationOptions>;

/** @throws TributaryError `CONFIG_INVALID` when something is said about devices. */
export function requireInstantDevices({ name, ...said }: PopulationOptions): void {
  const { name: _, ...nothing } = section.parse({ name });
  const key = (Object.keys(said) as (keyof typeof said)[]).find(
    (one) => JSON.stringify(said[one]) !== JSON.stringify(nothing[one]),
  );
  if (key === undefined) return;
  throw new TributaryError(
    "CONFIG_INVALID",
    `runner.fidelity wire runs in real time and cannot have population.${key}, which is about virtual time`,
    { remedy: `Use runner.fidelity direct, or leave population.${key} out.` },
  );
}
