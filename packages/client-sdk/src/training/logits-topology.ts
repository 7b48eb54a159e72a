// Cross-entropy is computed from logits: softmax or sigmoid outputs round to 0 and 1, where the logarithm and its
// gradient are lost. So a model to be trained is built without its last activation, and the activation is applied
// again where outputs are asked for.

/** The activation that was taken off the last layer. */
export type OutputActivation = "softmax" | "sigmoid" | "linear";

type Fields = Readonly<Record<string, unknown>>;

/** Layers whose `activation` is the last thing they do. */
const ACTIVATED_LAYERS: ReadonlySet<string> = new Set(["Dense", "Activation", "Conv1D", "Conv2D"]);

/**
 * Finds what the model's last layer ends with, and the topology without it.
 * @param topology - A LayersModel topology, `{ class_name, config }`; not modified.
 * @returns `activation` is `undefined`, and the topology the one given, where the end is something else than a
 *   softmax over the last axis, a sigmoid or nothing, or where another layer uses the last layer's output.
 */
export function logitsTopology(topology: object): {
  readonly topology: object;
  readonly activation: OutputActivation | undefined;
} {
  const unchanged = { topology, activation: undefined };
  if (!isFields(topology)) return unchanged;
  const config = topology["config"];
  const layers = Array.isArray(config) ? config : isFields(config) ? config["layers"] : undefined;
  if (!Array.isArray(layers)) return unchanged;
  const index = outputLayerIndex(topology["class_name"], config, layers);
  const last: unknown = layers[index];
  if (!isFields(last)) return unchanged;
  const taken = withoutActivation(last);
  if (taken === undefined) return unchanged;
  const replaced = layers.with(index, taken.layer);
  return {
    topology: {
      ...topology,
      config: Array.isArray(config) ? replaced : { ...(config as Fields), layers: replaced },
    },
    activation: taken.activation,
  };
}

/** Index of the one layer that the model's output comes from, or −1. */
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

const mentions = (nodes: unknown, name: unknown): boolean =>
  Array.isArray(nodes) ? nodes.some((node) => mentions(node, name)) : nodes === name;

function withoutActivation(
  layer: Fields,
): { layer: object; activation: OutputActivation } | undefined {
  const kind = layer["class_name"];
  const config = layer["config"];
  if (typeof kind !== "string" || !isFields(config)) return undefined;
  if (kind === "Softmax" && (config["axis"] ?? -1) === -1) {
    // The identity under the same name, so that the graph's edges still hold.
    const { axis: _axis, ...rest } = config;
    return {
      layer: { ...layer, class_name: "Activation", config: { ...rest, activation: "linear" } },
      activation: "softmax",
    };
  }
  if (!ACTIVATED_LAYERS.has(kind)) return undefined;
  const activation = config["activation"] ?? "linear";
  if (activation !== "softmax" && activation !== "sigmoid" && activation !== "linear") {
    return undefined;
  }
  return { layer: { ...layer, config: { ...config, activation: "linear" } }, activation };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
