import type { LocalTrainer } from "@tributary/client-sdk";

/** A trainer that takes hardly any time: it adds a little to each weight, the same in every round. */
export const noiseTrainer: LocalTrainer = {
  train({ weights, examples, plan }) {
    const metrics = Object.fromEntries(
      ["loss", ...plan.training.metrics].map((name) => [name, 0.5]),
    );
    return Promise.resolve({
      weights: weights.map((weight, index) => weight + ((index * 31) % 97) * 1e-6),
      metrics,
      steps: 1,
      exampleCount: examples.count,
    });
  },
  evaluate: () => Promise.resolve({}),
  predict: () => Promise.resolve(new Float32Array(0)),
  dispose() {},
};
