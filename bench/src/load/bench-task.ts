import { parseTask, type TaskDefinition } from "@tributary/protocol";

/**
 * A task whose model is so small that training and aggregating it hardly count in a measurement.
 */
export function benchTask(
  population: string,
  round: Readonly<Record<string, number>>,
): TaskDefinition {
  return parseTask({
    population,
    name: `bench-${population}`,
    model: { builtin: "logistic-regression" },
    plan: {
      batchSize: 10,
      loss: "categoricalCrossentropy",
      metrics: [],
      update: { codec: "uniform", bits: 8 },
    },
    round: { selectionTimeoutMs: 3_600_000, ...round },
    eligibility: { minimumExamples: 1 },
    publicModel: true,
    stop: { rounds: 1_000_000 },
  });
}
