import { takeExamples, type Division, type Examples } from "@tributary/client-sdk";
import { holdOutRows } from "@tributary/client-sdk/simulation";
import type { RandomSource } from "@tributary/protocol";
import { addFeatureNoise } from "../partition/feature-skew.ts";
import { rowsOf } from "../partition/partition.ts";
import type { SimulationData } from "./simulation-data.ts";

/**
 * The examples of one client, in memory of their own, with the noise that its features get.
 * @param random - The source of the run.
 */
export function clientExamples(
  { train, partition, noise }: SimulationData,
  client: number,
  random: RandomSource,
): Examples {
  const examples = takeExamples(train, rowsOf(partition, client));
  if (noise !== undefined) addFeatureNoise(examples.features, client, noise, random);
  return examples;
}

/** Examples of one client or of many, and which of them a client has. */
export interface ClientRows {
  readonly examples: Examples;
  readonly rows: Uint32Array;
}

/**
 * The same examples as `clientExamples`, of which no copy is made unless their features get noise.
 * @param random - As for `clientExamples`.
 */
export function clientRows(data: SimulationData, client: number, random: RandomSource): ClientRows {
  const rows = rowsOf(data.partition, client);
  if (data.noise === undefined) return { examples: data.train, rows };
  return { examples: clientExamples(data, client, random), rows: rows.map((_, index) => index) };
}

/**
 * Divides the rows of a client into those to train on and those that it holds out.
 * @param share - The share that it holds out; 0 for none.
 */
export function dividedRows({ examples, rows }: ClientRows, share: number): Division<ClientRows> {
  if (share === 0)
    return { train: { examples, rows }, heldOut: { examples, rows: rows.subarray(0, 0) } };
  const { train, heldOut } = holdOutRows(rows, share);
  return { train: { examples, rows: train }, heldOut: { examples, rows: heldOut } };
}
