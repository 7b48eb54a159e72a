import type { Scaling } from "@tributary/protocol";
import type { Word } from "./column-values.ts";

/** What is filled in for a missing number; for a missing word it is always the most frequent one. */
export type Filling = "mean" | "median" | "mostFrequent" | number;

/** The number to fill in. */
export function fillingNumber(numbers: readonly number[], filling: Filling): number {
  switch (filling) {
    case "mean":
      return meanOf(numbers);
    case "median": {
      const sorted = numbers.toSorted((a, b) => a - b);
      const middle = sorted.length >> 1;
      return sorted.length % 2 === 1
        ? sorted[middle]!
        : (sorted[middle - 1]! + sorted[middle]!) / 2;
    }
    case "mostFrequent":
      return mostFrequentNumber(numbers);
    default:
      return filling;
  }
}

/** The most frequent word; of several the first. */
export function mostFrequent(words: readonly Word[]): string {
  return words.reduce((most, word) => (word.count > most.count ? word : most)).text;
}

function mostFrequentNumber(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most))[0];
}

/**
 * The scaling to mean 0 and standard deviation 1, with divisor n. Numbers that are all the same
 * become 0.
 */
export function standardScaling(
  numbers: readonly number[],
): Extract<Scaling, { method: "standard" }> {
  const mean = meanOf(numbers);
  const variance = meanOf(numbers.map((number) => (number - mean) ** 2));
  return { method: "standard", mean, deviation: Math.sqrt(variance) || 1 };
}

const meanOf = (numbers: readonly number[]): number =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
