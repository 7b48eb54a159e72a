import { completeOptimizer, type Address, type OptimizerSpec } from "@tributary/protocol";
import type { TrainingKernels } from "../kernels/training-kernels.ts";
import type { ParameterPlaces } from "./parameter-places.ts";

/** Moves the trained parameters by their gradient. */
export interface StepOptimizer {
  /** The learning rate, where a step is w −= rate · gradient and nothing else. */
  readonly plainRate?: number;
  /** Forgets all earlier steps, so that a new training begins. */
  reset(): void;
  /** Moves the parameters by one step. */
  step(): void;
}

/** The constant of tfjs, whose Adagrad does not let one choose. */
const ADAGRAD_EPSILON = 1e-7;

/**
 * Makes the optimizer of a plan, with its state in the memory of the kernels. Formulas and defaults
 * are those of the tfjs engine.
 * @param allocate - Allocates memory for so many float32 values.
 */
export function stepOptimizer(
  kernels: TrainingKernels,
  plan: OptimizerSpec,
  { values: w, gradient: g, trainedSize: size }: ParameterPlaces,
  allocate: (size: number) => Address,
): StepOptimizer {
  const spec = completeOptimizer(plan);
  const { learningRate: rate } = spec;
  const descent = { w, g, size, rate };
  // State begins at 0, or at the value that the optimizer names.
  const clear = (state: Address, value = 0): void => kernels.fill(state, size, value);
  switch (spec.name) {
    case "sgd": {
      const { momentum, nesterov } = spec;
      // Without momentum there is no velocity to store.
      if (momentum === 0) {
        const step = (): void => kernels.descend(w, g, size, rate);
        return { plainRate: rate, reset: () => {}, step };
      }
      const v = allocate(size);
      const operands = { ...descent, v, momentum, nesterov };
      return { reset: () => clear(v), step: () => kernels.descendWithMomentum(operands) };
    }
    case "adam": {
      const { beta1, beta2, epsilon } = spec;
      const m = allocate(size);
      const v = allocate(size);
      const operands = { ...descent, m, v, beta1, beta2, epsilon };
      // Powers of beta by repeated products: the last bit of Math.pow differs between JavaScript
      // engines.
      let power1 = 1;
      let power2 = 1;
      return {
        reset() {
          clear(m);
          clear(v);
          power1 = 1;
          power2 = 1;
        },
        step() {
          power1 *= beta1;
          power2 *= beta2;
          kernels.adam(operands, 1 - power1, 1 - power2);
        },
      };
    }
    case "adagrad": {
      const { initialAccumulator } = spec;
      const a = allocate(size);
      const operands = { ...descent, a, epsilon: ADAGRAD_EPSILON };
      return {
        reset: () => clear(a, initialAccumulator),
        step: () => kernels.adagrad(operands),
      };
    }
    case "rmsprop": {
      const { decay, momentum, epsilon } = spec;
      const s = allocate(size);
      const v = allocate(size);
      const operands = { ...descent, s, v, decay, momentum, epsilon };
      return {
        reset() {
          clear(s);
          clear(v);
        },
        step: () => kernels.rmsprop(operands),
      };
    }
  }
}
