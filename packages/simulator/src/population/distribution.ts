import * as z from "zod";
import { positiveNumber, strictRecord } from "@tributary/protocol/schemas";
import type { RandomStream } from "../random/random-stream.ts";

const notNegative = z
  .number({ error: "Use a number of at least 0." })
  .min(0, { error: "Use a number of at least 0." });

/** How a property of devices is distributed. A number alone is the same for all. */
export const distribution = z.union(
  [
    notNegative,
    strictRecord({
      name: z.literal("uniform").describe("Every value between two is as likely."),
      from: notNegative.describe("The least value."),
      to: notNegative.describe("The greatest value."),
    }),
    strictRecord({
      name: z.literal("lognormal").describe("The logarithm is normally distributed."),
      median: positiveNumber(1e15).describe("Half of the devices have less."),
      sigma: notNegative.describe("The standard deviation of the natural logarithm."),
    }),
    strictRecord({
      name: z.literal("pareto").describe("A heavy tail: few devices have very much more."),
      least: positiveNumber(1e15).describe("The least value."),
      shape: positiveNumber(1_000).describe("α: the smaller, the heavier is the tail."),
    }),
  ],
  { error: "Use a number, or a distribution: uniform, lognormal or pareto." },
);

/** A distribution, with all defaults filled in. */
export type Distribution = z.output<typeof distribution>;

/** Draws a value of a distribution. */
export function drawFrom(distributed: Distribution, stream: RandomStream): number {
  if (typeof distributed === "number") return distributed;
  switch (distributed.name) {
    case "uniform":
      return stream.between(distributed.from, distributed.to);
    case "lognormal":
      return distributed.median * Math.exp(distributed.sigma * stream.normal());
    case "pareto":
      return distributed.least * (1 - stream.next()) ** (-1 / distributed.shape);
  }
}
