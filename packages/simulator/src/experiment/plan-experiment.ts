import { resolve } from "node:path";
import { TributaryError, asTributaryError, clauseOf } from "@tributary/protocol";
import { parseStrict } from "@tributary/protocol/schemas";
import type { AlgorithmOptions } from "../algorithms/algorithm-options.ts";
import { requireOrdinaryClients, requireNoConflict } from "../algorithms/conflicts.ts";
import { loadAlgorithm } from "../algorithms/load-algorithm.ts";
import { requireAttackFits } from "../attacks/attack-conflicts.ts";
import { taskOf } from "../files/task-file.ts";
import { requireInstantDevices } from "../population/population-options.ts";
import type { Experiment, ExperimentPlan, ExperimentRun } from "./experiment.ts";
import {
  EXPERIMENT_KEYS,
  experimentSections,
  requireKnownKeys,
  type ExperimentSections,
} from "./experiment-schema.ts";
import { allSettings, choicesOf, describeChoice, type Choice } from "./choice.ts";
import { requireDistinct } from "./distinct.ts";
import { requireCohort, requireSimulated } from "./fitting-task.ts";
import { dataOpener } from "./run-data.ts";
import { ModelSizes } from "./model-sizes.ts";
import { withSettings, type Settings } from "./settings.ts";

/**
 * Reads what an experiment file says, and works out all runs that it asks for. All of them are
 * checked before the first one begins.
 * @param value - As parsed from YAML or JSON.
 * @param folder - In which paths begin.
 * @throws TributaryError `CONFIG_INVALID` or `TASK_INVALID`, which name the key and say what is
 *   allowed there; what reading the model throws.
 */
export async function planExperiment(value: unknown, folder: string): Promise<ExperimentPlan> {
  requireKnownKeys(value);
  const sections = sectionsOf(value);
  requireDistinct("seeds", sections.seeds);
  const runs: ExperimentRun[] = [];
  const openData = dataOpener();
  const modelSizes = new ModelSizes(folder, openData);
  const found: Settings[] = [];
  let name = "";
  for (const choice of choicesOf(sections)) {
    const settings = allSettings(choice, sections);
    const { experiment, sizes } = await naming(choice, () =>
      experimentOf(value, settings, folder, modelSizes),
    );
    name = experiment.task.name;
    found.push(sizes);
    for (const seed of sections.seeds) runs.push({ experiment, seed, ...choice });
  }
  return { name, value: withSettings(value, commonTo(found)), runs, openData };
}

/** Settings that are the same everywhere. */
function commonTo([first = {}, ...others]: readonly Settings[]): Settings {
  const entries = Object.entries(first);
  return Object.fromEntries(
    entries.filter(([path, value]) => others.every((settings) => settings[path] === value)),
  );
}

async function experimentOf(
  value: object,
  settings: Settings,
  folder: string,
  modelSizes: ModelSizes,
): Promise<{ readonly experiment: Experiment; readonly sizes: Settings }> {
  const set = withSettings(value, settings);
  requireKnownKeys(set);
  const { seeds: _, variants: __, sweep: ___, ...sections } = sectionsOf(set);
  const entries = Object.entries(set).filter(([key]) => !EXPERIMENT_KEYS.includes(key));
  const population = sections.population.name;
  const own = withTaskDefaults({ ...Object.fromEntries(entries), population });
  const sizes = await modelSizes.of(own, sections.data);
  const task = await taskOf(withSettings(own, sizes), folder);
  const experiment = {
    ...sections,
    algorithm: withPath(sections.algorithm, folder),
    ...{ task, folder },
  };
  await checkTogether(experiment);
  return { experiment, sizes };
}

/** Threads load modules by their whole path. */
function withPath(algorithm: AlgorithmOptions, folder: string): AlgorithmOptions {
  return "path" in algorithm ? { ...algorithm, path: resolve(folder, algorithm.path) } : algorithm;
}

/** Reads the sections that a task does not have. */
function sectionsOf(value: object): ExperimentSections {
  const own = Object.fromEntries(
    Object.entries(value).filter(([key]) => EXPERIMENT_KEYS.includes(key)),
  );
  return parseStrict(experimentSections, own, { code: "CONFIG_INVALID", what: "The experiment" });
}

/**
 * What an experiment leaves out of its task is as a simulation needs it: nobody drops out unless the
 * experiment says so, what clients claim is true, and the held-out examples judge the model.
 */
function withTaskDefaults(
  task: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { plan, round = {}, evaluation = {} } = task;
  const isLocal = isSection(plan) && Reflect.get(plan, "batchNormalization") === "local";
  // What is no section stays as it is, so that it is refused.
  const withDefaults = (section: unknown, defaults: object): unknown =>
    isSection(section) ? { ...defaults, ...section } : section;
  return {
    name: "experiment",
    maximumExamples: MOST_EXAMPLES,
    ...task,
    round: withDefaults(round, { overselection: 1, minimumFraction: 1 }),
    evaluation: withDefaults(evaluation, isLocal ? {} : { judgedBy: "operator" }),
  };
}

/** No client of a simulation has more examples. */
const MOST_EXAMPLES = 1_048_576;

const isSection = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @throws TributaryError `CONFIG_INVALID` when sections cannot go together. */
async function checkTogether(experiment: Experiment): Promise<void> {
  const { task, partition, population, algorithm: options, attack, runner } = experiment;
  const { engine, fidelity } = runner;
  requireSimulated(task);
  if (fidelity === "wire") {
    requireOrdinaryClients(experiment);
    requireInstantDevices(population);
    requireSameBits(engine);
  }
  const algorithm = await loadAlgorithm(options);
  requireNoConflict(options.name, algorithm, { task, engine });
  if (attack) requireAttackFits(attack, { task, algorithm, name: options.name });
  if (!("clients" in partition) || partition.clients === undefined) return;
  requireCohort(task, partition.clients);
}

/**
 * A run over sockets is there to give the bits of one without them.
 * @throws TributaryError `CONFIG_INVALID` for an engine whose bits depend on the machine.
 */
function requireSameBits(engine: Experiment["runner"]["engine"]): void {
  if (engine !== "native") return;
  throw new TributaryError(
    "CONFIG_INVALID",
    "runner.fidelity wire compares bits, and those of runner.engine native depend on the processor",
    { remedy: "Use runner.fidelity direct, or runner.engine fused." },
  );
}

/** Has the errors of one choice of what is varied name that choice. */
async function naming<Result>(choice: Choice, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const name = describeChoice(choice);
    if (name === "") throw cause;
    const error = asTributaryError(cause);
    throw new TributaryError(error.code, `With ${name}: ${clauseOf(error)}`, {
      context: error.context,
      cause,
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    });
  }
}
