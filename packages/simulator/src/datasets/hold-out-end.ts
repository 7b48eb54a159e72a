import { takeExamples } from "@tributary/client-sdk";
import { unreadable } from "../files/unreadable.ts";
import { USUAL_HELD_OUT } from "./held-out.ts";
import type { Dataset, UndividedDataset } from "./dataset.ts";

/**
 * Holds out the last examples, as what is written comes after what it was written after.
 * @param share - Their share of all, above 0 and below 1.
 * @throws TributaryError `DATA_UNREADABLE` when there are not enough examples for both parts.
 */
export function holdOutEnd(
  { name, classCount, examples }: UndividedDataset,
  share: number = USUAL_HELD_OUT.share,
): Dataset {
  const { count } = examples;
  const trained = Math.floor((1 - share) * count);
  if (trained < 1 || trained === count) {
    throw unreadable(name, `has only ${count} examples`, {
      remedy: `Give more data: the last ${100 * share} percent are held out for testing.`,
    });
  }
  const indices = Array.from({ length: count }, (_, index) => index);
  return {
    ...{ name, classCount },
    train: takeExamples(examples, indices.slice(0, trained)),
    test: takeExamples(examples, indices.slice(trained)),
  };
}
