import type { z } from "zod";
import { positiveNumber, strictRecord } from "@tributary/protocol/schemas";
import type { Algorithm } from "./algorithm.ts";
import { conflictOfCorrection } from "./conflicts.ts";
import { nameKey } from "../options/option-keys.ts";
import { divided } from "./vectors.ts";

export const fedDynOptions = strictRecord({
  name: nameKey(
    "feddyn",
    "A term in each client's loss, which changes from round to round, makes what all clients want also what each of them wants.",
  ),
  alpha: positiveNumber(1_000)
    .default(0.01)
    .describe("α of the term; the paper tries .1, .01 and .001."),
});

/**
 * Client k minimizes its loss minus ⟨g_k, θ⟩ plus α/2 · ‖θ − θ_t‖², and then takes α · Δ_k from g_k. The
 * server moves to the mean of the models minus h / α, where h is α times the sum of all updates so
 * far over minus the number of all clients. The client keeps −g_k and the server −h / α.
 * @see arXiv:2111.04263, Algorithm 1
 */
export function fedDyn({ alpha }: z.output<typeof fedDynOptions>): Algorithm {
  return {
    weighting: "uniform",
    conflict: conflictOfCorrection,
    begin: ({ parameters }) => ({ drift: new Float32Array(parameters.length) }),
    async train({ kept, parameters, train }) {
      const correction = kept["correction"] ?? new Float32Array(parameters.length);
      const trained = await train({ correction, proximal: alpha });
      const next = correction.map((value, i) => value + alpha * trained.update[i]!);
      return { ...trained, keep: { correction: next } };
    },
    combine({ update, weight, kept, clients }) {
      const drift = kept["drift"]!.map((value, i) => value + update[i]! / clients);
      const step = divided(update, weight);
      for (let i = 0; i < step.length; i++) step[i]! += drift[i]!;
      return { update: step, keep: { drift } };
    },
  };
}
