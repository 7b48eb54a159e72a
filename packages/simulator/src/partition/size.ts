import type { z } from "zod";
import { shuffledIndices, type RandomSource } from "@tributary/protocol";
import { oneOf, strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import type { Divisible } from "./divisible.ts";
import { clientsKey, minimumExamplesKey } from "./option-keys.ts";
import { requireEnough } from "./partition-fault.ts";
import { cutRows, type Partition } from "./partition.ts";
import { proportionalSizes } from "./sizes.ts";

export const sizeOptions = strictRecord({
  name: nameKey(
    "size",
    "The clients' examples have the same distribution, and their number grows from client to client.",
  ),
  clients: clientsKey,
  growth: oneOf(["linear", "square", "exponential"])
    .default("linear")
    .describe(
      "Client i, counted from 1, has a number of examples in proportion to i, to i² or to eⁱ.",
    ),
  minimumExamples: minimumExamplesKey.describe(
    "What each client gets before the rest is divided, so that none is empty.",
  ),
});

type Growth = z.output<typeof sizeOptions>["growth"];

/** Weights by the number of the client, counted from 1. */
const WEIGHTS: Readonly<Record<Growth, (client: number, clients: number) => number>> = {
  linear: (client) => client,
  square: (client) => client ** 2,
  // In relation to the last client, as the number itself would become too large.
  exponential: (client, clients) => Math.exp(client - clients),
};

export function divideBySize(
  { train }: Divisible,
  { clients, growth, minimumExamples }: z.output<typeof sizeOptions>,
  random: RandomSource,
): Partition {
  requireEnough(train.count, clients, minimumExamples);
  const weights = Float64Array.from({ length: clients }, (_, client) =>
    WEIGHTS[growth](client + 1, clients),
  );
  return cutRows(
    shuffledIndices(train.count, random),
    proportionalSizes(train.count, weights, minimumExamples),
  );
}
