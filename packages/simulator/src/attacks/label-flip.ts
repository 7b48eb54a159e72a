import type { z } from "zod";
import { strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import type { Attack } from "./attack.ts";
import { flipLabels, flippedExamples } from "./flip-labels.ts";
import { attackerKeys, classKey } from "./option-keys.ts";

/** The keys that say which labels are flipped. */
export const flipKeys = {
  from: classKey.exactOptional().describe("The class whose labels are changed. Left out: all."),
  to: classKey
    .exactOptional()
    .describe("The class that they become. Left out: the last class for the first, and so on."),
};

export const labelFlipOptions = strictRecord({
  name: nameKey("label-flip", "Attackers train on examples with wrong labels."),
  ...attackerKeys,
  ...flipKeys,
});

/** @see arXiv:2007.08432 (from one class to another); arXiv:1911.11815 §6 (all classes) */
export function labelFlip(flip: z.output<typeof labelFlipOptions>): Attack {
  return {
    poison: ({ client, examplesOf, classCount }) =>
      flipLabels(examplesOf(client), flip, classCount),
    aim: (heldOut, classCount) => flippedExamples(heldOut, flip, classCount),
  };
}
