import { strictRecord } from "@tributary/protocol/schemas";
import type { Algorithm } from "./algorithm.ts";
import { conflictOfControl } from "./conflicts.ts";
import { nameKey } from "../options/option-keys.ts";
import { divided } from "./vectors.ts";

export const scaffoldOptions = strictRecord({
  name: nameKey(
    "scaffold",
    "Control variates take out of each step how the client's gradient differs from that of all.",
  ),
});

/**
 * Client i keeps the control variate c_i and the server c. A step goes along g − c_i + c. After K
 * steps c_i becomes c_i − c + (x − y_i) / (Kη), and c moves by the sum of the changes over the number
 * of all clients.
 * @see arXiv:1910.06378, Algorithm 1, option II
 */
export function scaffold(): Algorithm {
  return {
    weighting: "uniform",
    conflict: conflictOfControl,
    begin: ({ parameters }) => ({ control: new Float32Array(parameters.length) }),
    send: (kept) => kept,
    async train({ sent, kept, plan, train }) {
      const control = sent["control"]!;
      const own = kept["control"] ?? new Float32Array(control.length);
      const trained = await train({ correction: control.map((c, i) => c - own[i]!) });
      const { update, result } = trained;
      const pace = result.steps * plan.training.optimizer.learningRate;
      const change = control.map((c, i) => -c - update[i]! / pace);
      const keep = { control: own.map((c, i) => c + change[i]!) };
      return { ...trained, vectors: { change }, keep };
    },
    combine({ update, weight, vectors, kept, clients }) {
      const change = vectors["change"]!;
      const control = kept["control"]!.map((c, i) => c + change[i]! / clients);
      return { update: divided(update, weight), keep: { control } };
    },
  };
}
