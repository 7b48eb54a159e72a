// Compiles the topology of a tfjs LayersModel into the nodes of the fused trainer. A layer is
// refused unless every field of its configuration is understood. Another engine takes the model
// then, and no model is trained as something that it is not.
import { TributaryError, type Plan } from "@tributary/protocol";
import { logitsTopology, requireLastAxis } from "../../logits-topology.ts";
import { compileLayer } from "./compile-layer.ts";
import { asFields, isSize, LayerRefusal, requireOneOf, type Fields } from "./layer-config.ts";
import type { CompiledModel, LayerNode } from "./layer-node.ts";

/**
 * Compiles a plan's model.
 * @throws TributaryError `MODEL_UNSUPPORTED` when the fused trainer cannot take a layer, which
 *   `context.layer` names, or when the loss does not fit the last activation.
 */
export function compileTopology(plan: Plan): CompiledModel {
  // The model is compiled without its last activation, which the loss computes.
  const logits = logitsTopology(plan.model.topology);
  const { topology, activation } = logits;
  const { loss, trainable } = plan.training;
  const crossEntropy = loss.endsWith("Crossentropy");
  const output = activation ?? "linear";
  // A cross-entropy needs logits. It gets them from a model that ends in the activation that
  // belongs to the loss, or that is known to end in a linear output.
  const expected = loss === "binaryCrossentropy" ? "sigmoid" : "softmax";
  if (crossEntropy && output !== expected && !(output === "linear" && activation === "linear")) {
    throw refused(`the loss ${loss} over a model that does not end in ${expected} or linear`);
  }
  const layers = layersOf(asFields(topology));
  const parameters = new Map(plan.model.parameters.map(({ name, shape }) => [name, shape]));
  const used = new Set<string>();
  const nodes: LayerNode[] = [];
  /**
   * The number of the last node of each layer, and the shape of its output, by the layer's name.
   */
  const outputs = new Map<string, { readonly place: number; readonly shape: readonly number[] }>();
  let inputShape: readonly number[] | undefined;
  for (const { name, kind, config, inbound } of layers) {
    try {
      if (outputs.has(name)) throw new LayerRefusal("there is another layer of this name");
      // The first layer has no source. It may be an InputLayer, or any layer that states the shape
      // of its input itself.
      if (inbound.length === 0) {
        if (inputShape !== undefined) throw new LayerRefusal("it is a second input");
        inputShape = inputShapeOf(config);
        outputs.set(name, { place: -1, shape: inputShape });
        if (kind === "InputLayer") continue;
      }
      const sources = inbound.length === 0 ? [name] : inbound;
      const inputs = sources.map((source) => {
        const found = outputs.get(source);
        if (found === undefined) throw new LayerRefusal(`it comes before its input ${source}`);
        return found;
      });
      const made = compileLayer({
        ...{ name, kind, config, parameters, inputs },
        isTrained: trainable === "all" || trainable.includes(name),
      });
      // Only the inputs of the model are checked to be indices.
      if (kind === "Embedding" && inputs[0]!.place !== -1) {
        throw new LayerRefusal("its indices are computed by another layer");
      }
      // A layer may become several nodes, of which each reads the one before it.
      let places = inputs.map(({ place }) => place);
      for (const { operation, shape } of made.nodes) {
        places = [nodes.push({ layer: name, operation, inputs: places, shape }) - 1];
      }
      for (const parameter of made.parameters) used.add(parameter);
      outputs.set(name, { place: places[0]!, shape: made.nodes.at(-1)?.shape ?? inputs[0]!.shape });
    } catch (error) {
      if (!(error instanceof LayerRefusal)) throw error;
      throw refused(`the layer ${name} (${kind}): ${error.message}`, name);
    }
  }
  // A parameter that no node uses would never be trained, and nobody would notice.
  const unused = plan.model.parameters.find(({ name }) => !used.has(name));
  if (unused !== undefined) throw refused(`the parameter ${unused.name}, which no layer has`);
  const last = outputs.get(layers.at(-1)?.name ?? "");
  if (inputShape === undefined || last === undefined || last.place !== nodes.length - 1) {
    throw refused("a model without layers, or whose output is not its last layer");
  }
  requireLastAxis(logits, last.shape);
  return { inputShape, outputShape: last.shape, nodes, output };
}

/** A layer as the topology describes it. */
interface Layer {
  readonly name: string;
  readonly kind: string;
  readonly config: Fields;
  /** The names of the layers whose outputs it reads. */
  readonly inbound: readonly string[];
}

/** Reads the layers of a topology, in an order in which they can be computed. */
function layersOf(topology: Fields): readonly Layer[] {
  const config = topology["config"];
  const entries = Array.isArray(config) ? (config as unknown[]) : asFields(config)["layers"];
  if (!Array.isArray(entries)) throw refused("a topology without a list of layers");
  const layers = entries.map((entry: unknown, index) => {
    const fields = asFields(entry);
    const layerConfig = asFields(fields["config"]);
    // Functional models name a layer beside its configuration, sequential ones only within it.
    const name = fields["name"] ?? layerConfig["name"];
    return {
      name: typeof name === "string" ? name : `layer ${index}`,
      kind: String(fields["class_name"]),
      config: layerConfig,
      nodes: fields["inbound_nodes"],
    };
  });
  switch (topology["class_name"]) {
    case "Sequential":
      return layers.map((layer, index) => ({
        ...layer,
        inbound: index === 0 ? [] : [layers[index - 1]!.name],
      }));
    case "Model":
    case "Functional":
      return inOrder(
        layers.map((layer) => ({ ...layer, inbound: inboundOf(layer) })),
        asFields(config),
      );
    default:
      throw refused(`a topology of the class ${String(topology["class_name"])}`);
  }
}

/**
 * Reads the inputs of a layer of a functional model. They look like `[[["before", 0, 0, {}], …]]`:
 * a list of the uses of the layer, of which there may be one, each with a list of its inputs.
 */
function inboundOf({ name, nodes }: { name: string; nodes: unknown }): string[] {
  if (!Array.isArray(nodes) || nodes.length > 1) {
    throw refused(`the layer ${name}, which is used several times`, name);
  }
  const [use] = nodes as unknown[];
  if (use === undefined) return [];
  return listOf(use).map((input) => {
    const [source, node, tensor] = listOf(input);
    if (typeof source !== "string" || node !== 0 || tensor !== 0) {
      throw refused(`the layer ${name}, whose inputs are not single outputs`, name);
    }
    return source;
  });
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Sorts layers such that each comes after its inputs, and the output comes last. */
function inOrder(layers: readonly Layer[], config: Fields): readonly Layer[] {
  const outputs = config["output_layers"];
  const [output] = Array.isArray(outputs) ? (outputs as unknown[]) : [];
  const target: unknown = Array.isArray(output) ? output[0] : undefined;
  if (!Array.isArray(outputs) || outputs.length !== 1 || typeof target !== "string") {
    throw refused("a model with several outputs");
  }
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const ordered = new Set<Layer>();
  // Depth first: a layer follows all its sources. The trail of names finds circles.
  const visit = (name: string, trail: ReadonlySet<string>): void => {
    const layer = byName.get(name);
    if (layer === undefined || trail.has(name)) throw refused(`the layer ${name}`, name);
    if (ordered.has(layer)) return;
    for (const source of layer.inbound) visit(source, new Set([...trail, name]));
    ordered.add(layer);
  };
  visit(target, new Set());
  const left = layers.find((layer) => !ordered.has(layer));
  if (left !== undefined) throw refused(`the layer ${left.name}, which the output does not use`);
  return [...ordered];
}

/** Reads the shape of one example from the layer that takes the input. */
function inputShapeOf(config: Fields): readonly number[] {
  const shape = config["batch_input_shape"];
  if (!Array.isArray(shape)) throw new LayerRefusal("it does not say the shape of its input");
  const [batch, ...sizes] = shape as unknown[];
  const known = sizes.filter((size) => isSize(size));
  if ((batch ?? null) !== null || known.length < sizes.length || sizes.length === 0) {
    throw new LayerRefusal(`the shape of its input is ${JSON.stringify(shape)}`);
  }
  requireOneOf(config, "dtype", "float32", "int32");
  return known;
}

/** Makes the error for a model that the fused trainer cannot take. */
function refused(what: string, layer?: string): TributaryError {
  return new TributaryError("MODEL_UNSUPPORTED", `The fused trainer does not take ${what}`, {
    remedy: 'Use the engine "tfjs", which trains any LayersModel.',
    ...(layer === undefined ? {} : { context: { layer } }),
  });
}
