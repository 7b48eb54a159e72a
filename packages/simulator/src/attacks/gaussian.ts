import type { z } from "zod";
import { positiveNumber, strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import { randomStream } from "../random/random-stream.ts";
import type { Attack } from "./attack.ts";
import { attackerKeys } from "./option-keys.ts";

export const gaussianOptions = strictRecord({
  name: nameKey("gaussian", "Attackers report random numbers."),
  ...attackerKeys,
  deviation: positiveNumber(10_000).default(200).describe("Their standard deviation."),
});

/** @see arXiv:1703.02757 §6 */
export function gaussian({ deviation }: z.output<typeof gaussianOptions>): Attack {
  return {
    forge(update, { random }) {
      const stream = randomStream(random);
      return update.map(() => deviation * stream.normal());
    },
  };
}
