// Computes normal-quantizers.generated.ts: `node packages/protocol/src/update/generate-quantizers.mjs`. The numbers are
// committed, since exp is not the same in every engine and both sides of an update must use the same bits; a test checks
// that they are what they claim.
//
// Lloyd's algorithm for the normal distribution: a centroid is the mean of its cell, a cell's border lies half way between two
// centroids. With m half-centroids c and borders t (t₀ = 0, t_m = ∞): c_i = (φ(t_i) − φ(t_{i+1})) / (Φ(t_{i+1}) − Φ(t_i)).
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const density = (x) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** Upper tail of the normal distribution, to about 1e-16. */
function tail(x) {
  if (x === Infinity) return 0;
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-18; n++) {
      term *= (x * x) / (2 * n + 1);
      sum += term;
    }
    return 0.5 - density(x) * sum;
  }
  let fraction = x;
  for (let n = 80; n > 0; n--) fraction = x + n / fraction;
  return density(x) / fraction;
}

/** Half-centroids of 2·count levels. */
function halfCentroids(count) {
  let centroids = Array.from({ length: count }, (_, i) => (4 * (i + 0.5)) / count);
  for (let round = 0; round < 2_000 + 20 * count * count; round++) {
    const borders = [0, ...centroids.slice(1).map((c, i) => (c + centroids[i]) / 2), Infinity];
    const heights = borders.map(density);
    const tails = borders.map(tail);
    const next = centroids.map((_, i) => (heights[i] - heights[i + 1]) / (tails[i] - tails[i + 1]));
    const change = Math.max(...next.map((c, i) => Math.abs(c - centroids[i])));
    centroids = next;
    if (change < 1e-15) break;
  }
  return centroids;
}

/** A quantizer of equal steps and how often, of 4,096 times, each of its levels 0, 1, … comes; that of −k is that of k. */
function steps(step) {
  const most = Math.ceil(4.4 / step - 0.5);
  const frequencies = Array.from({ length: most }, (_, i) => {
    const share = tail((i + 0.5) * step) - (i + 1 === most ? 0 : tail((i + 1.5) * step));
    return Math.max(1, Math.round(4_096 * share));
  });
  return [4_096 - 2 * frequencies.reduce((sum, one) => sum + one, 0), ...frequencies];
}

// The step at which the levels' entropy is so many bits.
const STEPS = { 1: 2.4216, 2: 1.0824, 3: 0.5224, 4: 0.259 };
const stepTables = Object.entries(STEPS).map(
  ([bits, step]) => `  ${bits}: { step: ${step}, frequencies: [${steps(step).join(", ")}] },\n`,
);
const tables = [1, 2, 3, 4, 8].map((bits) => {
  const numbers = halfCentroids(2 ** (bits - 1)).map((c) => c.toFixed(12));
  return `  ${bits}: [${numbers.join(", ")}],\n`;
});
writeFileSync(
  join(dirname(fileURLToPath(import.meta.url)), "normal-quantizers.generated.ts"),
  `// Written by generate-quantizers.mjs; not edited by hand.

/** Positive centroids of the best quantizers of a normal variable, ascending, by their bits; the others are the negatives. */
export const HALF_CENTROIDS: Readonly<Record<1 | 2 | 3 | 4 | 8, readonly number[]>> = {
${tables.join("")}};

/**
 * Quantizers of equal steps whose levels of a normal variable have an entropy of so many bits: the step, and how often of
 * 4,096 times the levels 0, 1, … come; −k comes as often as k.
 */
export const NORMAL_STEPS: Readonly<
  Record<1 | 2 | 3 | 4, { readonly step: number; readonly frequencies: readonly number[] }>
> = {
${stepTables.join("")}};
`,
);
