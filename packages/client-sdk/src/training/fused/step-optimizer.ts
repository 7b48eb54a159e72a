import { completeOptimizer, type OptimizerSpec } from "@tributary/protocol";
import type { Kernels } from "./kernels.ts";
import type { ParameterPlaces } from "./parameter-places.ts";

/** Moves the trained parameters by their gradient. */
export interface StepOptimizer {
  /** Begins anew. */
  reset(): void;
  step(): void;
}

/** tfjs's own, which its Adagrad does not let one choose. */
const ADAGRAD_EPSILON = 1e-7;

/**
 * A plan's optimizer with its state in the kernels' memory; the formulas are those of the tfjs
 * engine.
 */
export function stepOptimizer(
  kernels: Kernels,
  plan: OptimizerSpec,
  { values: w, gradient: g, trainedSize: size }: ParameterPlaces,
  allocate: (size: number) => number,
): StepOptimizer {
  const spec = completeOptimizer(plan);
  const { learningRate: rate } = spec;
  const clear = (place: number, value = 0): void => {
    kernels.heap().fill(value, place, place + size);
  };
  switch (spec.name) {
    case "sgd": {
      const { momentum, nesterov } = spec;
      if (momentum === 0) return { reset: () => {}, step: () => kernels.descend(w, g, size, rate) };
      const v = allocate(size);
      return {
        reset: () => clear(v),
        step: () => kernels.descendWithMomentum(w, g, v, size, rate, momentum, nesterov ? 1 : 0),
      };
    }
    case "adam": {
      const { beta1, beta2, epsilon } = spec;
      const m = allocate(size);
      const v = allocate(size);
      // By products and not by a power, whose last bit differs between engines.
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
          kernels.adam(w, g, m, v, size, rate, beta1, beta2, 1 - power1, 1 - power2, epsilon);
        },
      };
    }
    case "adagrad": {
      const { initialAccumulator } = spec;
      const a = allocate(size);
      return {
        reset: () => clear(a, initialAccumulator),
        step: () => kernels.adagrad(w, g, a, size, rate, ADAGRAD_EPSILON),
      };
    }
    case "rmsprop": {
      const { decay, momentum, epsilon } = spec;
      const s = allocate(size);
      const v = allocate(size);
      return {
        reset() {
          clear(s);
          clear(v);
        },
        step: () => kernels.rmsprop(w, g, s, v, size, rate, decay, momentum, epsilon),
      };
    }
  }
}
