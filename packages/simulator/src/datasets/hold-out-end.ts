import { takeExamples } from "@tributary/client-sdk";
import { unreadable } from "../files/unreadable.ts";
import type { Dataset, UndividedDataset } from "./dataset.ts";

/** The share of examples that is held out. */
const TEST_SHARE = 0.2;

/**
 * Holds out the last fifth, as what is written comes after what it was written after.
 * @throws TributaryError `DATA_UNREADABLE` when there are not enough examples for both parts.
 */
export function holdOutEnd({ name, classCount, examples }: UndividedDataset): Dataset {
  const { count } = examples;
  const trained = Math.floor((1 - TEST_SHARE) * count);
  if (trained < 1) {
    throw unreadable(name, `has only ${count} examples`, {
      remedy: "Give more data: its last fifth is held out for testing.",
    });
  }
  const indices = Array.from({ length: count }, (_, index) => index);
  return {
    ...{ name, classCount },
    train: takeExamples(examples, indices.slice(0, trained)),
    test: takeExamples(examples, indices.slice(trained)),
  };
}
