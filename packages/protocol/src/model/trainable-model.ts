import { TributaryError } from "../errors.ts";
import { modelLayers, type ModelLayer } from "./model-layers.ts";
import type { ModelDescription } from "./tfjs-model.ts";
import { isFields, type Fields } from "./topology/fields.ts";

/**
 * Refuses a model that no client can train, as far as its topology and its list of weights tell. Only
 * an engine knows the rest.
 * @throws TributaryError `MODEL_UNSUPPORTED` when it has several outputs, when a layer of a known kind
 *   lacks a weight, or when a weight belongs to no layer.
 */
export function requireTrainableModel(description: ModelDescription): void {
  const outputs = outputsOf(description.topology);
  if (outputs > 1) {
    throw new TributaryError(
      "MODEL_UNSUPPORTED",
      `The model has ${outputs} outputs, and a plan has one loss`,
      { remedy: "Train a model with one output; Concatenate makes one of several." },
    );
  }
  const layers = modelLayers(description);
  for (const layer of layers) requireWeights(layer);
  const owned = new Set(layers.flatMap(({ parameters }) => parameters));
  const other = description.parameters.find(({ name }) => !owned.has(name));
  if (other !== undefined) throw notTogether(`the weight ${other.name} belongs to no layer`);
}

/** The number of outputs of a graph of layers; 1 for a sequence. */
function outputsOf(topology: object): number {
  const config: unknown = Reflect.get(topology, "config");
  const outputs: unknown = isFields(config) ? config["output_layers"] : undefined;
  return Array.isArray(outputs) ? outputs.length : 1;
}

/** The weights of a layer of each kind, by their last names. */
const WEIGHTS: Readonly<Record<string, (config: Fields) => readonly string[]>> = {
  ...Object.fromEntries(
    ["Dense", "Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose"].map((kind) => [
      kind,
      (config: Fields) => ["kernel", ...biasOf(config)],
    ]),
  ),
  ...Object.fromEntries(
    ["SimpleRNN", "GRU", "LSTM"].map((kind) => [
      kind,
      (config: Fields) => ["kernel", "recurrent_kernel", ...biasOf(config)],
    ]),
  ),
  DepthwiseConv2D: (config) => ["depthwise_kernel", ...biasOf(config)],
  SeparableConv2D: (config) => ["depthwise_kernel", "pointwise_kernel", ...biasOf(config)],
  Embedding: () => ["embeddings"],
  PReLU: () => ["alpha"],
  BatchNormalization: (config) => [...scaleOf(config), "moving_mean", "moving_variance"],
  LayerNormalization: (config) => scaleOf(config),
  GroupNormalization: (config) => scaleOf(config),
};

const biasOf = ({ use_bias: uses }: Fields): readonly string[] => (uses === false ? [] : ["bias"]);

const scaleOf = ({ scale, center }: Fields): readonly string[] => [
  ...(scale === false ? [] : ["gamma"]),
  ...(center === false ? [] : ["beta"]),
];

function requireWeights({ name, kind, config, parameters }: ModelLayer): void {
  const { layer: inner } = config;
  const wrapped = isFields(inner) && isFields(inner["config"]);
  const innerKind = wrapped ? String(inner["class_name"]) : kind;
  const needed = WEIGHTS[innerKind]?.(wrapped ? (inner["config"] as Fields) : config) ?? [];
  // Both directions have weights of the same names.
  const times = kind === "Bidirectional" ? 2 : 1;
  for (const weight of needed) {
    const found = parameters.filter((parameter) => parameter.endsWith(`/${weight}`)).length;
    if (found < times) throw notTogether(`the layer ${name} (${kind}) lacks its weight ${weight}`);
  }
}

function notTogether(fault: string): TributaryError {
  return new TributaryError("MODEL_UNSUPPORTED", `In the model file, ${fault.slice(0, 200)}`, {
    remedy: "Give a topology and weights that were saved together.",
  });
}
