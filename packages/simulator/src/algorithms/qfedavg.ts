import type { z } from "zod";
import { strictRecord } from "@tributary/protocol/schemas";
import type { Algorithm } from "./algorithm.ts";
import { nameKey, notNegative } from "../options/option-keys.ts";
import { divided, scaled, squaresOf } from "./vectors.ts";

export const qFedAvgOptions = strictRecord({
  name: nameKey(
    "qfedavg",
    "Clients on whose examples the model is worse count for more, so that it becomes equally good for all.",
  ),
  q: notNegative(100)
    .default(1)
    .describe("How much more they count: with 0 all count alike; the paper tries .001 to 15."),
});

/** Keeps a loss of 0 from being divided by. */
const LEAST_LOSS = 1e-10;

/**
 * Client k measures the loss F_k of the model, trains, and reports F_k^q · Δ_k. The server divides
 * their sum by that of F_k^q + q · F_k^(q−1) · L · ‖Δ_k‖², where L, which bounds how fast gradients
 * change, is one over the learning rate. Numbers of examples do not count.
 * @see arXiv:1905.10497, Algorithm 2, with numerator and denominator divided by L
 */
export function qFedAvg({ q }: z.output<typeof qFedAvgOptions>): Algorithm {
  return {
    weighting: "uniform",
    async train({ plan, loss, train }) {
      const before = (await loss()) + LEAST_LOSS;
      const trained = await train();
      const factor = before ** q;
      const squares = squaresOf(trained.update);
      const curvature = 1 / plan.training.optimizer.learningRate;
      const divisor = factor + q * before ** (q - 1) * curvature * squares;
      return { ...trained, update: scaled(trained.update, factor), numbers: { divisor } };
    },
    combine: ({ update, numbers }) => ({ update: divided(update, numbers["divisor"]!) }),
  };
}
