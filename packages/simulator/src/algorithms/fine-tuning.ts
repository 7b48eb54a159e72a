import type { z } from "zod";
import { strictRecord, wholeNumber } from "@tributary/protocol/schemas";
import type { Algorithm } from "./algorithm.ts";
import { nameKey } from "../options/option-keys.ts";

export const fineTuningOptions = strictRecord({
  name: nameKey(
    "fine-tuning",
    "Federated averaging, but before it evaluates each client trains the model further on its own examples.",
  ),
  epochs: wholeNumber(1, 10_000)
    .default(1)
    .describe("How often the client goes over its examples before it evaluates."),
});

/**
 * Personalises the model by local training. What it reaches is in the rounds in which clients
 * evaluate.
 * @see arXiv:2002.04758, section 3, fine-tuning
 */
export function fineTuning({ epochs }: z.output<typeof fineTuningOptions>): Algorithm {
  return {
    async personalize({ parameters, train }) {
      const { update } = await train({ epochs });
      return parameters.map((value, i) => value + update[i]!);
    },
  };
}
