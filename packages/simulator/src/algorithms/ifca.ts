import type { z } from "zod";
import { shuffledIndices } from "@tributary/protocol";
import { strictRecord, wholeNumber } from "@tributary/protocol/schemas";
import type { Algorithm, BeginningModel, ClientView, Surroundings } from "./algorithm.ts";
import { nameKey } from "../options/option-keys.ts";

export const ifcaOptions = strictRecord({
  name: nameKey(
    "ifca",
    "There are several models, and each client trains and evaluates the one with the least loss on its examples.",
  ),
  clusters: wholeNumber(2, 100).default(2).describe("The number of models."),
});

/**
 * Clustered federated averaging. The checkpoint is the first model; the others travel beside it, and
 * begin as it does with the values of each tensor in another order, which is another draw of the same
 * distribution. An update of another model is reported beside an update of zeros.
 * @see arXiv:2006.04088, Algorithm 1, model averaging
 */
export function ifca({ clusters }: z.output<typeof ifcaOptions>): Algorithm {
  const others = Array.from({ length: clusters - 1 }, (_, index) => `model ${index + 2}`);
  return {
    conflict,
    begin: (model) => Object.fromEntries(others.map((name) => [name, reordered(model, name)])),
    send: (kept) => kept,
    async train(client) {
      const name = await bestModel(client);
      const parameters = client.sent[name];
      const numbers = { [name]: 1 };
      if (parameters === undefined) return { ...(await client.train()), numbers };
      const trained = await client.train({ parameters });
      const { update } = trained;
      return {
        ...trained,
        update: new Float32Array(update.length),
        vectors: { [name]: update },
        numbers,
      };
    },
    combine({ update, vectors, numbers, kept }) {
      const step = (sums: Float64Array, name: string): Float64Array =>
        sums.map((sum) => sum / (numbers[name] ?? 1));
      const models = others.map((name) => {
        const sums = vectors[name];
        const before = kept[name]!;
        if (sums === undefined) return [name, before] as const;
        const change = step(sums, name);
        return [name, before.map((value, i) => value + change[i]!)] as const;
      });
      return { update: step(update, FIRST), keep: Object.fromEntries(models) };
    },
    async personalize(client) {
      return client.sent[await bestModel(client)] ?? client.parameters;
    },
  };
}

const FIRST = "model 1";

/** The name of the model with the least loss on a client's examples. */
async function bestModel({ sent, loss }: ClientView): Promise<string> {
  let best = { name: FIRST, loss: await loss() };
  for (const [name, parameters] of Object.entries(sent)) {
    const next = { name, loss: await loss(parameters) };
    if (next.loss < best.loss) best = next;
  }
  return best.name;
}

function reordered({ parameters, tensors, random }: BeginningModel, name: string): Float32Array {
  const values = new Float32Array(parameters.length);
  for (const { offset, length } of tensors) {
    const order = shuffledIndices(length, random.derive(`${name} from ${offset}`));
    for (let i = 0; i < length; i++) values[offset + i] = parameters[offset + order[i]!]!;
  }
  return values;
}

function conflict({ task }: Surroundings): string | undefined {
  const { name, learningRate } = task.serverOptimizer;
  if (name !== "fedavg") return `serverOptimizer ${name}, which knows of one model`;
  return learningRate === 1 ? undefined : "a serverOptimizer.learningRate other than 1";
}
