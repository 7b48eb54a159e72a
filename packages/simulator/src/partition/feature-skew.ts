import type { z } from "zod";
import type { RandomSource } from "@tributary/protocol";
import { positiveNumber, strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import { randomStream } from "../random/random-stream.ts";
import { clientsKey } from "./option-keys.ts";

export const featureSkewOptions = strictRecord({
  name: nameKey(
    "feature-skew",
    "The clients' examples are divided as with iid, and their features get noise that grows from client to client.",
  ),
  clients: clientsKey,
  sigma: positiveNumber(1_000)
    .default(0.1)
    .describe(
      "Client i of N, counted from 1, gets Gaussian noise with the standard deviation sigma · i / N on each of its features.",
    ),
});

/** Noise that grows from client to client. It is no part of a partition, which only has rows. */
export interface FeatureSkew {
  /** The number of clients, N. */
  readonly clients: number;
  /** The standard deviation of the last client's noise, in the unit of the features. */
  readonly sigma: number;
}

/**
 * Adds a client's noise to its features. The same source and client always give the same noise, so
 * that nothing but the features themselves has to be kept.
 * @param features - All features of the client's examples, in the order of its rows; changed.
 * @param client - From 0 to below the number of clients.
 * @param random - One source for all clients, from which each client's noise is derived.
 * @see arXiv:2102.02079 §4.2, "Noise-based feature imbalance"
 */
export function addFeatureNoise(
  features: Float32Array,
  client: number,
  { clients, sigma }: FeatureSkew,
  random: RandomSource,
): void {
  const stream = randomStream(random.derive(`feature noise ${client}`));
  const deviation = (sigma * (client + 1)) / clients;
  for (let i = 0; i < features.length; i++) features[i]! += deviation * stream.normal();
}

/** The noise that a partitioner asks for; undefined unless it is `feature-skew`. */
export function featureSkewOf(
  options: { readonly name: string } | z.output<typeof featureSkewOptions>,
): FeatureSkew | undefined {
  return "sigma" in options ? options : undefined;
}
