import { share, type Basis, type BasisValues } from "./basis.ts";

/** Probabilities below this count as this, as in the crossentropy of Keras. */
export const LEAST_PROBABILITY = 1e-7;

/** The most that one answer can be off: a little above −ln of the least probability. */
const MOST_SURPRISE = 16.12;

/**
 * How many answers have a label, and the sum over them of −ln p of the right class. A row of targets
 * that are all 0 is masked: it is no answer.
 */
export const SURPRISE: Basis = {
  meaning: "Sum of the negative log-probabilities of the right classes.",
  length: () => 2,
  answers: (values) => values[0]!,
  isPossible: ({ 0: answers = -1, 1: surprise = -1 }) =>
    answers >= 0 && surprise >= 0 && surprise <= answers * MOST_SURPRISE,
};

/** Among how many equally likely classes the model hesitates: e to the mean of −ln p. */
export function perplexityOf({ 0: answers = 0, 1: surprise = 0 }: BasisValues): number {
  return Math.exp(share(surprise, answers));
}
