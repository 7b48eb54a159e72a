import { takeExamples, type Examples } from "@tributary/client-sdk";
import type { AlgorithmInput } from "../../src/algorithms/algorithm-options.ts";
import { rowsOf } from "../../src/partition/partition.ts";
import { DirectRun } from "../../src/runner/direct-run.ts";
import type { RunTerms } from "../../src/runner/simulated-task.ts";
import { dataOf, depsOf, poolOf, termsOf, toItsEnd } from "../simulation-world.ts";
import type { Parameters } from "./linear-reference.ts";

// Three clients with few examples each, who train a linear classifier in whole batches, and all of
// whom take part in each round.

export const RATE = 0.5;

const shared = dataOf(3);
/** Clients have 6, 12 and 18 examples. */
export const linearData = {
  ...shared,
  partition: { ...shared.partition, offsets: Uint32Array.of(0, 6, 18, 36) },
};

/** The examples of each client. */
export const CLIENTS: readonly Examples[] = [0, 1, 2].map((client) =>
  takeExamples(linearData.train, rowsOf(linearData.partition, client)),
);

/** What a run of the linear classifier begins with. */
export function linearTerms(sections: object = {}, rounds = 3): RunTerms {
  const { plan = {}, ...rest } = sections as { plan?: object };
  const terms = termsOf({
    model: { builtin: "mlp", inputs: 6, hidden: [], outputs: 3 },
    plan: {
      ...{ batchSize: 100, localEpochs: 4, update: { codec: "float32" } },
      optimizer: { name: "sgd", learningRate: RATE },
      ...plan,
    },
    round: { goalCount: 3, overselection: 1 },
    stop: { rounds },
    ...rest,
  });
  return { ...terms, clients: 3 };
}

/** The model that a run begins with. */
export const initialOf = (terms: RunTerms): Parameters => [...terms.model.values];

/** The models that a run with several of them begins with: the model, then what stands beside it. */
export async function initialModels(terms: RunTerms): Promise<Parameters[]> {
  const pool = poolOf(linearData, 1);
  const run = await DirectRun.begin(terms, depsOf(pool));
  await pool.close();
  const { state, remembered } = run.snapshot();
  return [state.weights, ...Object.values(remembered)].map((values) => [...values]);
}

/** Runs an algorithm. Returns the model after the last round. */
export async function runLinear(
  algorithm: AlgorithmInput,
  sections: object = {},
  more: Partial<RunTerms> = {},
): Promise<Parameters> {
  const terms = { ...linearTerms({ algorithm, ...sections }), ...more };
  const pool = poolOf(linearData, 1);
  try {
    return [...(await toItsEnd(await DirectRun.begin(terms, depsOf(pool)))).weights];
  } finally {
    await pool.close();
  }
}
