// Parameters that several optimizers have.
import { positiveNumbers, type Parameter } from "../../schema/parameter.ts";

/** The description of a learning rate with a default. */
export function learningRate(byDefault: number) {
  return {
    values: positiveNumbers(1e6),
    byDefault,
    meaning: "Step size of local training.",
  } as const satisfies Parameter;
}

/** The description of the small number that keeps a division from blowing up. */
export const epsilonParameter = {
  values: positiveNumbers(1),
  byDefault: 1e-7,
  optional: true,
  meaning: "Added to the divisor.",
} as const satisfies Parameter;
