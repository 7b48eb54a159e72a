import * as z from "zod";
import type { Examples } from "@tributary/client-sdk";
import { list, positiveNumber, strictRecord, wholeNumber } from "@tributary/protocol/schemas";
import { nameKey, shareKey } from "../options/option-keys.ts";
import type { Attack } from "./attack.ts";
import { examplesWhere, requireClasses } from "./flip-labels.ts";
import { attackerKeys, classKey } from "./option-keys.ts";

export const backdoorOptions = strictRecord({
  name: nameKey(
    "backdoor",
    "Attackers teach the model to answer with one class wherever it sees a trigger, and report a longer update.",
  ),
  ...attackerKeys,
  trigger: list(wholeNumber(0, 100_000_000), { min: 1, max: 10_000 }).describe(
    "The places of the features that form the trigger, from 0 in row-major order.",
  ),
  value: z
    .number({ error: "Use a number." })
    .default(1)
    .describe("The value that these features have."),
  target: classKey.default(0).describe("The class that the model is to answer with."),
  poisoned: shareKey
    .default(0.5)
    .describe("The share of an attacker's examples that get the trigger and the class."),
  boost: positiveNumber(1_000_000)
    .exactOptional()
    .describe(
      "How many times as long the update is. Left out: the size of the cohort, so that the mean becomes the attacker's model.",
    ),
});

/** @see arXiv:1807.00459 §4 (model replacement); arXiv:1708.06733 (triggers) */
export function backdoor(options: z.output<typeof backdoorOptions>): Attack {
  return {
    poison: ({ client, examplesOf }) => withTrigger(examplesOf(client), options, options.poisoned),
    forge: (update, { cohort }) => update.map((value) => value * (options.boost ?? cohort)),
    aim(heldOut) {
      const others = examplesWhere(heldOut, (row) => heldOut.labels[row] !== options.target);
      return others.count === 0 ? others : withTrigger(others, options, 1);
    },
  };
}

/**
 * Gives the first examples a trigger and the class that goes with it, in place.
 * @param share - Of how many.
 */
export function withTrigger(
  examples: Examples,
  {
    trigger,
    value,
    target,
  }: Pick<z.output<typeof backdoorOptions>, "trigger" | "value" | "target">,
  share: number,
): Examples {
  const { features, labels, count } = requireClasses(examples);
  const size = features.length / count;
  const perExample = labels.length / count;
  for (let row = 0; row < Math.ceil(share * count); row++) {
    for (const place of trigger) if (place < size) features[row * size + place] = value;
    labels.fill(target, row * perExample, (row + 1) * perExample);
  }
  return examples;
}
