import type { Examples } from "@tributary/client-sdk";

// A linear classifier in float64, with whole batches, as a check that shares no code with what it
// checks.

/** The parameters: a kernel of shape [inputs, classes], then a bias for each class. */
export type Parameters = readonly number[];

/** Sums of vectors: a + factor · b. */
export const plus = (a: Parameters, b: Parameters, factor = 1): number[] =>
  a.map((value, i) => value + factor * b[i]!);

export const times = (a: Parameters, factor: number): number[] => a.map((value) => factor * value);

export const mean = (all: readonly Parameters[]): number[] =>
  times(
    all.reduce((sum, one) => plus(sum, one)),
    1 / all.length,
  );

export const zeros = (like: Parameters): number[] => like.map(() => 0);

export const squares = (a: Parameters): number => a.reduce((sum, value) => sum + value * value, 0);

/** The mean cross-entropy of all examples, and its gradient. */
export function lossOf(
  parameters: Parameters,
  { features, labels, featureShape, count }: Examples,
): { readonly loss: number; readonly gradient: number[] } {
  const inputs = featureShape[0]!;
  const classes = parameters.length / (inputs + 1);
  const gradient = zeros(parameters);
  let loss = 0;
  for (let row = 0; row < count; row++) {
    const x = [...features.subarray(row * inputs, (row + 1) * inputs)];
    const logits = Array.from(
      { length: classes },
      (_, k) =>
        x.reduce((sum, value, i) => sum + value * parameters[i * classes + k]!, 0) +
        parameters[inputs * classes + k]!,
    );
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    loss -= (logits[labels[row]!]! - Math.log(total)) / count;
    logits.forEach((logit, k) => {
      const error = (Math.exp(logit) / total - (k === labels[row] ? 1 : 0)) / count;
      x.forEach((value, i) => (gradient[i * classes + k]! += error * value));
      gradient[inputs * classes + k]! += error;
    });
  }
  return { loss, gradient };
}

/** Goes so many steps down the gradient, to which a term is added. */
export function descend(
  start: Parameters,
  examples: Examples,
  steps: number,
  rate: number,
  term: (now: Parameters) => Parameters = zeros,
): number[] {
  let now = [...start];
  for (let step = 0; step < steps; step++) {
    const { gradient } = lossOf(now, examples);
    now = plus(now, plus(gradient, term(now)), -rate);
  }
  return now;
}
