import { takeExamples, type Examples } from "@tributary/client-sdk";
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
