import * as z from "zod";
import type { RandomSource } from "@tributary/protocol";
import { strictRecord, text, wholeNumber } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import { randomStream } from "../random/random-stream.ts";
import type { Divisible } from "./divisible.ts";
import { clientsKey } from "./option-keys.ts";
import { requireEnough } from "./partition-fault.ts";
import { cutRows, type Partition } from "./partition.ts";
import { propertyOf } from "./property.ts";
import { equalSizes } from "./sizes.ts";

const ERROR = "Use a number from 0 to 1.";

export const continuousOptions = strictRecord({
  name: nameKey(
    "continuous",
    "The examples are sorted by a number that each has, such as an age, more or less strictly, and cut into equal parts.",
  ),
  clients: clientsKey,
  property: z
    .union([text(200), wholeNumber(0, 1_000_000_000)], {
      error: "Use the name of a column, the index of a feature, `label` or `mean`.",
    })
    .default("label")
    .describe(
      "The number that examples are sorted by: a column of the table, the index of a feature, `label`, or `mean`, which is the mean of an example's features, such as an image's brightness.",
    ),
  strictness: z
    .number({ error: ERROR })
    .min(0, { error: ERROR })
    .max(1, { error: ERROR })
    .default(0.5)
    .describe(
      "σ: 0 sorts at random, so that all clients are alike, and 1 sorts by the property alone.",
    ),
});

/**
 * Sorts by σ·z + (1 − σ)·ε, z being the property with mean 0 and standard deviation 1, and ε normal
 * noise, as the `ContinuousPartitioner` of Flower Datasets does.
 */
export function divideByProperty(
  data: Divisible,
  { clients, property, strictness }: z.output<typeof continuousOptions>,
  random: RandomSource,
): Partition {
  const { count } = data.train;
  requireEnough(count, clients, 1);
  const stream = randomStream(random);
  const keys = standardized(propertyOf(data, property));
  for (let row = 0; row < count; row++) {
    keys[row] = strictness * keys[row]! + (1 - strictness) * stream.normal();
  }
  const order = Uint32Array.from({ length: count }, (_, row) => row).sort(
    (a, b) => keys[a]! - keys[b]! || a - b,
  );
  return cutRows(order, equalSizes(count, clients));
}

function standardized(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const deviation = Math.sqrt(variance) || 1;
  return values.map((value) => (value - mean) / deviation);
}
