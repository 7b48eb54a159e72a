import { simulate } from "@tributary/simulator";
import { expect, test } from "vitest";

/** An experiment quick enough for tests of everything but learning. */
const EXPERIMENT = {
  model: { builtin: "mlp", inputs: 60, hidden: [5], outputs: 10 },
  plan: { optimizer: { name: "sgd", learningRate: 0.1 }, update: { codec: "float32" } },
  round: { goalCount: 5 },
  stop: { rounds: 3 },
  data: { name: "synthetic", clients: 8, examplesPerClient: 20 },
  partition: { name: "natural-id" },
  runner: { workers: 1 },
};

/** The mean and a robust rule, with quantization and without, whole models and differences down. */
const QUANTIZED = { ...EXPERIMENT.plan, update: { codec: "uniform", bits: 8 } };
const DIFFERENCES = {
  ...EXPERIMENT.plan,
  update: { codec: "eden", bits: 4 },
  download: { encoding: "difference", update: { codec: "eden", bits: 8 } },
};
const KRUM = { rule: "multiKrum", byzantine: 1 };

test.each([
  [
    "the mean of quantized updates, and evaluations by clients",
    { plan: QUANTIZED, evaluation: { everyRounds: 2 } },
  ],
  ["multi-Krum on float32 updates", { aggregation: KRUM }],
  [
    "multi-Krum on quantized updates and differences down",
    { aggregation: KRUM, plan: DIFFERENCES },
  ],
  [
    "differences down and an optimizer that remembers",
    { plan: DIFFERENCES, serverOptimizer: { name: "fedadam" } },
  ],
])("a simulation gives the same checkpoint over sockets: %s", async (_, sections) => {
  const experiment = { ...EXPERIMENT, ...sections };
  const [direct] = await simulate(experiment);
  const [wire] = await simulate({
    ...experiment,
    runner: { ...EXPERIMENT.runner, fidelity: "wire" },
  });
  expect(direct!.rounds.filter(({ kind }) => kind === "training")).toHaveLength(3);
  expect(wire!.checkpoint).toBe(direct!.checkpoint);
  expect(wire!.rounds.map(({ kind, number }) => [kind, number])).toEqual(
    direct!.rounds.map(({ kind, number }) => [kind, number]),
  );
});
