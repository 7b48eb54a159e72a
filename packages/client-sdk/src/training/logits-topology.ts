// The cross-entropy is computed from logits. Softmax and sigmoid outputs may round to 0 and 1,
// where the logarithm is infinite and its gradient is lost. So a model that is to be trained is
// built without its last activation, which is applied again where outputs are asked for.

/** The activation that was removed from the last layer; `linear` when it had none. */
export type OutputActivation = "softmax" | "sigmoid" | "linear";

/** A JSON object. */
type Fields = Readonly<Record<string, unknown>>;

/** Layers that apply their `activation` at their very end. */
const ACTIVATED_LAYERS: ReadonlySet<string> = new Set(["Dense", "Activation", "Conv1D", "Conv2D"]);

/**
 * Removes the activation from the model's last layer.
 * @param topology - A LayersModel topology, `{ class_name, config }`; not modified.
 * @returns The new topology and the activation that was removed. `activation` is `undefined`, and
 *   the topology is the given one, when the model ends in something other than a softmax over the
 *   last axis, a sigmoid or a linear output, or when another layer uses the last layer's output.
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

/**
 * The layer with a linear activation, and the activation that it had; undefined when its end is of
 * another kind.
 */
function withoutActivation(
  layer: Fields,
): { layer: object; activation: OutputActivation } | undefined {
  const kind = layer["class_name"];
  const config = layer["config"];
  if (typeof kind !== "string" || !isFields(config)) return undefined;
  if (kind === "Softmax" && (config["axis"] ?? -1) === -1) {
    // A layer that does nothing, under the same name, so that the connections of the graph stay
    // valid.
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
