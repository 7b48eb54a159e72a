import * as z from "zod";
import {
  list,
  oneOf,
  parseStrict,
  strictRecord,
  taskKeys,
  wholeNumber,
} from "@tributary/protocol/schemas";
import { taskJsonSchema } from "@tributary/protocol";
import { algorithmOptions } from "../algorithms/algorithm-options.ts";
import { attackOptions } from "../attacks/attack-options.ts";
import { dataOptions } from "../datasets/data-options.ts";
import { partitionOptions } from "../partition/partition-options.ts";
import { populationOptions } from "../population/population-options.ts";

/** How the simulation is run. No result depends on it, except for the engine. */
const runnerSection = strictRecord({
  fidelity: oneOf(["direct", "wire"])
    .default("direct")
    .describe(
      "`direct` leaves the connections out; `wire` runs a real server and real clients over sockets. Both give the same checkpoints.",
    ),
  workers: wholeNumber(1, 1_024)
    .exactOptional()
    .describe(
      "Threads that train, never more than four for each core. Left out: one for each core.",
    ),
  engine: oneOf(["auto", "fused", "native", "tfjs"])
    .default("auto")
    .describe(
      "The engine of local training. `native` is the fastest for large models, needs the package onnxruntime-node, and gives other bits on another kind of processor; `auto` never takes it.",
    ),
});

/** How checkpoints are measured on the held-out examples of the data. */
const scoringSection = strictRecord({
  everyRounds: wholeNumber(1, 1_000_000)
    .default(1)
    .describe("After how many rounds the checkpoint is scored. The last one always is."),
});

const seed = wholeNumber(0, Number.MAX_SAFE_INTEGER);

/** The sections of an experiment file that a task file does not have. */
export const experimentSections = strictRecord({
  data: dataOptions.describe("What clients train on and checkpoints are scored on."),
  partition: partitionOptions.describe("How the data is divided among clients."),
  algorithm: algorithmOptions.default({ name: "fedavg" }).describe("How clients and server learn."),
  attack: attackOptions
    .exactOptional()
    .describe("What malicious clients do. Left out: there are none."),
  population: populationOptions
    .prefault("simulation")
    .describe(
      "Name of the population, as in a task file; or what its devices are like in virtual time.",
    ),
  seeds: list(seed, { min: 1, max: 10_000 })
    .default([1])
    .describe("The simulation is run once with each seed. All randomness comes from it."),
  variants: z
    .record(
      z.string().regex(/\S/, "Give the variant a name."),
      z.record(z.string(), z.json(), {
        error: "Give an object with values by the path of the key.",
      }),
      { error: "Give an object with variants by their names." },
    )
    .default({})
    .describe(
      "Variants of the experiment by their names, each with values by the path of the key: `{small steps: {plan.optimizer.learningRate: 0.01}}`. The simulation is run with each.",
    ),
  sweep: z
    .record(
      z.string(),
      list(z.json(), { min: 1, max: 10_000 }, "Give a list of the values to try."),
      { error: "Give an object with lists of values by the path of the key." },
    )
    .default({})
    .describe(
      "Values to try, by the path of the key: `{plan.batchSize: [10, 50]}`. Each is run with each value of the others, and with each variant.",
    ),
  scoring: scoringSection.prefault({}).describe("How checkpoints are measured."),
  runner: runnerSection.prefault({}).describe("How the simulation is run."),
});

/** The sections of an experiment that a task does not have, with all defaults filled in. */
export type ExperimentSections = z.output<typeof experimentSections>;

/** The keys of those sections. */
export const EXPERIMENT_KEYS: readonly string[] = Object.keys(experimentSections.shape);

const anyKeys = strictRecord(
  Object.fromEntries([...EXPERIMENT_KEYS, ...taskKeys].map((key) => [key, z.unknown().optional()])),
);

/**
 * @throws TributaryError `CONFIG_INVALID` unless the value is an object whose keys are all known.
 */
export function requireKnownKeys(
  value: unknown,
): asserts value is Readonly<Record<string, unknown>> {
  parseStrict(anyKeys, value, { code: "CONFIG_INVALID", what: "The experiment" });
}

/** The JSON Schema (2020-12) of an experiment file, for editors and other programs. */
export function experimentJsonSchema(): object {
  const task = taskJsonSchema() as { properties: object; required?: readonly string[] };
  const own = z.toJSONSchema(experimentSections, { io: "input" }) as {
    properties: object;
    required?: readonly string[];
  };
  return {
    ...task,
    title: "Tributary experiment",
    properties: { ...task.properties, ...own.properties },
    required: ["model", ...(own.required ?? [])],
  };
}
