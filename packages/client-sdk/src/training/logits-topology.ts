// The cross-entropy is computed from logits. Softmax and sigmoid outputs may round to 0 and 1,
// where the logarithm is infinite and its gradient is lost. So a model that is to be trained is
// built without its last activation, which is applied again where outputs are asked for.

import { TributaryError } from "@tributary/protocol";
import type { OpenShape } from "./example-format.ts";

/** The activation that was removed from the last layer; `linear` when it had none. */
export type OutputActivation = "softmax" | "sigmoid" | "linear";

/** A JSON object. */
type Fields = Readonly<Record<string, unknown>>;

/** Layers that apply their `activation` at their very end. */
const ACTIVATED_LAYERS: ReadonlySet<string> = new Set([
  ...["Dense", "Activation", "Conv1D", "Conv2D", "Conv3D"],
  ...["Conv2DTranspose", "Conv3DTranspose", "SeparableConv2D", "DepthwiseConv2D"],
]);

/** Models, which may be layers of other models. */
const MODELS: ReadonlySet<string> = new Set(["Sequential", "Model", "Functional"]);

/** A model without its last activation. */
export interface LogitsTopology {
  /** `{ class_name, config }`; the given topology when nothing could be removed. */
  readonly topology: object;
  /**
   * The activation that was removed. It is undefined when the model ends in something other than a
   * softmax, a sigmoid or a linear output, or when another layer uses the last layer's output.
   */
  readonly activation: OutputActivation | undefined;
  /**
   * The axis of the softmax as its layer numbers it, where the batch is axis 0; −1 for the last
   * one. Only a model that has been built tells whether a positive axis is the last: see
   * `requireLastAxis`.
   */
  readonly axis: number;
}

/**
 * Removes the activation from the model's last layer. Where that layer is a model itself, or
 * applies a layer to every moment of a sequence, the activation within it is removed.
 * @param topology - A LayersModel topology, `{ class_name, config }`; not modified.
 */
export function logitsTopology(topology: object): LogitsTopology {
  const ending = isFields(topology) ? endingOf(topology) : undefined;
  return ending === undefined
    ? { topology, activation: undefined, axis: LAST_AXIS }
    : { topology: ending.layer, activation: ending.activation, axis: ending.axis };
}

/**
 * Checks that a softmax which was removed is one over the last axis, as losses and engines apply it
 * again. No other softmax is computed by tfjs 4.22 either.
 * @param outputShape - The shape of one output, without the batch.
 * @throws TributaryError `MODEL_UNSUPPORTED`.
 */
export function requireLastAxis(
  { axis }: Pick<LogitsTopology, "axis">,
  outputShape: OpenShape,
): void {
  if (axis === LAST_AXIS || axis === outputShape.length) return;
  throw new TributaryError(
    "MODEL_UNSUPPORTED",
    `The model ends in a softmax over the axis ${axis}, and its last axis is ${outputShape.length}`,
    { remedy: "Give the softmax layer the axis -1." },
  );
}

/** The end of a layer or of a model. */
interface Ending {
  /** The layer with a linear end. */
  readonly layer: Fields;
  readonly activation: OutputActivation;
  readonly axis: number;
}

const LAST_AXIS = -1;

/** Takes the activation off a model; undefined when its end is of another kind. */
function endingOf(model: Fields): Ending | undefined {
  const config = model["config"];
  const layers = Array.isArray(config) ? config : isFields(config) ? config["layers"] : undefined;
  if (!Array.isArray(layers)) return undefined;
  const index = outputLayerIndex(model["class_name"], config, layers);
  const last: unknown = layers[index];
  const ending = isFields(last) ? withoutActivation(last) : undefined;
  if (ending === undefined) return undefined;
  const replaced = layers.with(index, ending.layer);
  const changed = Array.isArray(config) ? replaced : { ...(config as Fields), layers: replaced };
  return { ...ending, layer: { ...model, config: changed } };
}

/**
 * The index of the one layer that produces the model's output, or −1 when there is no such layer.
 */
function outputLayerIndex(kind: unknown, config: unknown, layers: readonly unknown[]): number {
  if (kind === "Sequential") return layers.length - 1;
  if (!isFields(config)) return -1;
  const outputs = config["output_layers"];
  if (!Array.isArray(outputs) || outputs.length !== 1) return -1;
  const name: unknown = Array.isArray(outputs[0]) ? outputs[0][0] : undefined;
  const used = layers.some((layer) => isFields(layer) && mentions(layer["inbound_nodes"], name));
  return used ? -1 : layers.findIndex((layer) => isFields(layer) && layerName(layer) === name);
}

function layerName(layer: Fields): unknown {
  return layer["name"] ?? (isFields(layer["config"]) ? layer["config"]["name"] : undefined);
}

/** Whether a layer's inbound nodes, which are nested arrays, contain a name. */
const mentions = (nodes: unknown, name: unknown): boolean =>
  Array.isArray(nodes) ? nodes.some((node) => mentions(node, name)) : nodes === name;

/** Takes the activation off a layer; undefined when its end is of another kind. */
function withoutActivation(layer: Fields): Ending | undefined {
  const kind = layer["class_name"];
  const config = layer["config"];
  if (typeof kind !== "string") return undefined;
  if (MODELS.has(kind)) return endingOf(layer);
  if (!isFields(config)) return undefined;
  if (kind === "TimeDistributed") {
    const inner = config["layer"];
    const ending = isFields(inner) ? withoutActivation(inner) : undefined;
    return ending && { ...ending, layer: { ...layer, config: { ...config, layer: ending.layer } } };
  }
  if (kind === "Softmax") {
    const { axis = LAST_AXIS, ...rest } = config;
    if (typeof axis !== "number" || (axis !== LAST_AXIS && axis < 1)) return undefined;
    // A layer that does nothing, under the same name, so that the connections of the graph stay
    // valid.
    const linear = {
      ...layer,
      class_name: "Activation",
      config: { ...rest, activation: "linear" },
    };
    return { layer: linear, activation: "softmax", axis };
  }
  if (!ACTIVATED_LAYERS.has(kind)) return undefined;
  const activation = config["activation"] ?? "linear";
  if (activation !== "softmax" && activation !== "sigmoid" && activation !== "linear") {
    return undefined;
  }
  const linear = { ...layer, config: { ...config, activation: "linear" } };
  return { layer: linear, activation, axis: LAST_AXIS };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
