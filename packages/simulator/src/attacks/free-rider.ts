import type { z } from "zod";
import { strictRecord } from "@tributary/protocol/schemas";
import { nameKey, notNegative } from "../options/option-keys.ts";
import { randomStream } from "../random/random-stream.ts";
import type { Attack } from "./attack.ts";
import { attackerKeys } from "./option-keys.ts";

export const freeRiderOptions = strictRecord({
  name: nameKey(
    "free-rider",
    "Attackers do not learn: they report no change, or noise that looks like one.",
  ),
  ...attackerKeys,
  deviation: notNegative(1_000)
    .default(0)
    .describe("The standard deviation of the noise in the first round; 0 for no change at all."),
  decay: notNegative(10)
    .default(1)
    .describe("The noise of round t has the deviation of the first over t to this power."),
});

/** @see arXiv:2006.11901 §3: plain, and disguised by noise */
export function freeRider({ deviation, decay }: z.output<typeof freeRiderOptions>): Attack {
  return {
    forge(update, { random, roundNumber }) {
      const stream = randomStream(random);
      const scale = deviation / roundNumber ** decay;
      return update.map(() => scale * stream.normal());
    },
  };
}
