import type { z } from "zod";
import { strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import type { Attack } from "./attack.ts";
import { flipLabels, flippedExamples } from "./flip-labels.ts";
import { flipKeys } from "./label-flip.ts";
import { attackerKeys } from "./option-keys.ts";

export const sybilOptions = strictRecord({
  name: nameKey(
    "sybil",
    "One attacker appears as several clients, all of which train on its examples with wrong labels.",
  ),
  ...attackerKeys,
  ...flipKeys,
});

/** @see arXiv:1808.04866 §4 */
export function sybil(flip: z.output<typeof sybilOptions>): Attack {
  return {
    poison: ({ leader, examplesOf, classCount }) =>
      flipLabels(examplesOf(leader), flip, classCount),
    aim: (heldOut, classCount) => flippedExamples(heldOut, flip, classCount),
  };
}
