// Parameters that several server optimizers have.
import { fractions, positiveNumbers, type Parameter } from "../../schema/parameter.ts";

/** The description of a server's learning rate, η. */
export function serverLearningRate<const Default extends number>(
  byDefault: Default,
  meaning: string,
) {
  return { values: positiveNumbers(1e6), byDefault, meaning } as const satisfies Parameter;
}

/** How the adaptive optimizers explain their learning rate. */
export const ADAPTIVE_RATE =
  "Step size of the server: about how far a parameter moves when the updates of many rounds agree.";

/** β₁ of the optimizers that average updates over rounds. */
export const beta1Parameter = {
  values: fractions,
  byDefault: 0.9,
  meaning: "Decay of the mean of the updates.",
} as const satisfies Parameter;

/** β₂ of the optimizers whose memory of squares fades. */
export const beta2Parameter = {
  values: fractions,
  byDefault: 0.99,
  meaning: "Decay of the memory of their squares.",
} as const satisfies Parameter;

/** τ, which keeps parameters with small updates from moving far. */
export const tauParameter = {
  values: positiveNumbers(1e6),
  byDefault: 0.001,
  meaning:
    "Added to the divisor, in weight units: with a larger one the optimizer adapts less to each parameter. The memory of squares begins with the square of it.",
} as const satisfies Parameter;
