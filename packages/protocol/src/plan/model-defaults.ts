// What a model file says of its training, as defaults of the task that trains it: which layers are
// frozen, and the loss and the optimizer that the model was compiled with.
import { TributaryError } from "../errors.ts";
import { isFields, type Fields } from "../model/topology/fields.ts";
import type { TfjsModel } from "../model/tfjs-model.ts";
import { trainableLayers } from "../model/trainable-layers.ts";
import { lossNames, type LossName } from "./losses.ts";
import type { OptimizerSpec } from "./optimizers/optimizer-table.ts";
import { planOptimizerSchema } from "./training-schema.ts";

/**
 * Completes what a task file leaves out of its plan by what the model says: `trainable`, `loss` and
 * `optimizer`.
 * @param task - What was read from a task file, unchecked; not modified.
 * @returns What `parseTask` is to check.
 * @throws TributaryError `TASK_INVALID` when the model freezes every layer, or was compiled with a
 *   loss that plans do not know, and the task file does not say what to do instead.
 */
export function withModelDefaults(
  task: unknown,
  { description, trainingConfig }: TfjsModel,
): unknown {
  if (!isFields(task)) return task;
  const plan = task["plan"] ?? {};
  if (!isFields(plan)) return task;
  const said: Record<string, unknown> = {};
  const trainable = "trainable" in plan ? undefined : trainableLayers(description);
  if (trainable?.length === 0) {
    throw invalid("The model freezes all its layers", "plan.trainable", "all, or layers to train");
  }
  if (trainable !== undefined) said["trainable"] = trainable;
  if (trainingConfig !== undefined) {
    const loss = "loss" in plan ? undefined : lossIn(trainingConfig);
    if (loss !== undefined) said["loss"] = loss;
    const optimizer = "optimizer" in plan ? undefined : optimizerIn(trainingConfig);
    if (optimizer !== undefined) said["optimizer"] = optimizer;
  }
  return { ...task, plan: { ...plan, ...said } };
}

/** Names of losses in Keras that are not those of plans, in small letters without underscores. */
const OTHER_LOSS_NAMES: Readonly<Record<string, LossName>> = {
  mse: "meanSquaredError",
  mae: "meanAbsoluteError",
  huber: "huberLoss",
};

/**
 * The loss that the model was compiled with, if any. It is a name, a layer-like object with a class
 * and its settings, or a list or an object with one of these for each output.
 */
function lossIn({ loss }: Fields): LossName | undefined {
  if (loss === undefined || loss === null) return undefined;
  const isOne = typeof loss !== "object" || "class_name" in loss;
  const single: readonly unknown[] = isOne ? [loss] : Object.values<unknown>({ ...loss });
  const [one] = single;
  const config = isFields(one) && isFields(one["config"]) ? one["config"] : {};
  const key = plainName(isFields(one) ? one["class_name"] : one);
  const known = OTHER_LOSS_NAMES[key] ?? lossNames.find((name) => plainName(name) === key);
  // Plans know these losses without their variations.
  const isPlain = (config["label_smoothing"] ?? 0) === 0 && (config["delta"] ?? 1) === 1;
  if (known !== undefined && isPlain && single.length === 1) return known;
  throw invalid(
    `The model was compiled with the loss ${JSON.stringify(loss).slice(0, 120)}`,
    "plan.loss",
    `one of ${lossNames.join(", ")}`,
  );
}

/** The parameters of each optimizer by their names in Keras and tfjs. */
const OPTIMIZER_PARAMETERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sgd: { momentum: "momentum", nesterov: "nesterov" },
  momentum: { momentum: "momentum", usenesterov: "nesterov" },
  adam: { beta1: "beta1", beta2: "beta2", epsilon: "epsilon" },
  adagrad: { initialaccumulatorvalue: "initialAccumulator" },
  rmsprop: { rho: "decay", momentum: "momentum", epsilon: "epsilon" },
};

/** Settings that plans cannot name. An optimizer that has one of them is another optimizer. */
const OTHER_SETTINGS = ["amsgrad", "centered", "weightdecay", "clipnorm", "clipvalue", "useema"];

/**
 * The optimizer that the model was compiled with; undefined when plans cannot name it as it is. The
 * task file's own default is as good then.
 */
function optimizerIn({ optimizer_config: given }: Fields): OptimizerSpec | undefined {
  if (!isFields(given) || !isFields(given["config"])) return undefined;
  const kind = plainName(given["class_name"]);
  const parameters = OPTIMIZER_PARAMETERS[kind];
  const config = new Map(
    Object.entries(given["config"]).map(([name, value]) => [plainName(name), value]),
  );
  if (parameters === undefined || OTHER_SETTINGS.some((name) => Boolean(config.get(name)))) {
    return undefined;
  }
  // What is the decay of a mean in tfjs is `rho` in Keras, where `decay` makes the rate smaller.
  if (given["class_name"] === "RMSProp") config.set("rho", config.get("decay"));
  const spec = {
    name: kind === "momentum" ? "sgd" : kind,
    learningRate: config.get("learningrate") ?? config.get("lr"),
    ...Object.fromEntries(
      Object.entries(parameters)
        .filter(([name]) => config.get(name) !== undefined && config.get(name) !== null)
        .map(([name, ours]) => [ours, config.get(name)]),
    ),
  };
  const parsed = planOptimizerSchema.safeParse(spec);
  return parsed.success ? parsed.data : undefined;
}

/** A name without its case and its underscores, which differ between Keras and tfjs. */
const plainName = (name: unknown): string =>
  typeof name === "string" ? name.replaceAll("_", "").toLowerCase() : "";

const invalid = (cause: string, key: string, choices: string): TributaryError =>
  new TributaryError("TASK_INVALID", `${cause}, and the task file does not say ${key}`, {
    remedy: `Give ${key}: ${choices}.`,
    context: { path: key },
  });
