// Reads the topology of a tfjs LayersModel: which layers there are, and which of them read what.
import { TributaryError } from "@tributary/protocol";
import { asFields, type Fields } from "./layer-config.ts";

/** A model as its topology describes it. */
export interface ModelGraph {
  /** The inputs of the model, in the order in which it takes them. */
  readonly inputs: readonly ModelInput[];
  /** What is computed, in an order in which it can be. */
  readonly uses: readonly LayerUse[];
  /** The values that the model gives. */
  readonly outputs: readonly ValueKey[];
}

/** An input of a model. */
export interface ModelInput {
  readonly key: ValueKey;
  /** The name of the layer that states the shape of the input. */
  readonly layer: string;
  readonly kind: string;
  readonly config: Fields;
}

/** One use of a layer. A layer that a model uses several times has the same parameters each time. */
export interface LayerUse {
  readonly name: string;
  readonly kind: string;
  /** What the entry of the layer says, such as `config`. */
  readonly config: Fields;
  /** The name of the use, to which the number of an output is added: `keyOf`. */
  readonly key: string;
  readonly sources: readonly ValueKey[];
}

/** The name of a value within a model: the layer, its use and the number of its output. */
export type ValueKey = string;

/** Names an output of a use of a layer. */
export const outputOf = (key: string, output: number): ValueKey => `${key}/${output}`;

/** Whether a kind of layer is a model itself. */
export const isModel = (kind: string): boolean =>
  kind === "Sequential" || kind === "Model" || kind === "Functional";

/** Makes the error for a model that neither the fused nor the native engine can take. */
export function refused(what: string, layer?: string): TributaryError {
  return new TributaryError(
    "MODEL_UNSUPPORTED",
    `The engines fused and native do not take ${what}`,
    {
      remedy: 'Use the engine "tfjs", which trains any LayersModel.',
      ...(layer === undefined ? {} : { context: { layer } }),
    },
  );
}

/**
 * Reads a topology.
 * @throws TributaryError `MODEL_UNSUPPORTED` when it is not that of a LayersModel, and when its
 *   layers cannot be put in order.
 */
export function readTopology(topology: Fields): ModelGraph {
  const kind = String(topology["class_name"]);
  const config = topology["config"];
  if (!isModel(kind)) throw refused(`a topology of the class ${kind}`);
  const entries = Array.isArray(config) ? (config as unknown[]) : asFields(config)["layers"];
  if (!Array.isArray(entries)) throw refused("a topology without a list of layers");
  const layers = entries.map((entry: unknown, index): Layer => {
    const fields = asFields(entry);
    const ofLayer = asFields(fields["config"]);
    // Functional models name a layer beside its configuration, sequential ones only within it.
    const name = fields["name"] ?? ofLayer["name"];
    return {
      name: typeof name === "string" ? name : `layer ${index}`,
      kind: String(fields["class_name"]),
      // A sequential model of old is a list of layers without a configuration.
      config: Array.isArray(fields["config"]) ? { layers: fields["config"] } : ofLayer,
      nodes: fields["inbound_nodes"],
    };
  });
  return kind === "Sequential" ? inSequence(layers) : inGraph(layers, asFields(config));
}

/** A layer of a model. */
interface Layer {
  readonly name: string;
  readonly kind: string;
  readonly config: Fields;
  /** Its uses, which nobody has checked yet. */
  readonly nodes: unknown;
}

/** The graph of a model in which each layer reads the one before it. */
function inSequence(layers: readonly Layer[]): ModelGraph {
  const [first] = layers;
  if (first === undefined) throw refused("a model without layers");
  const isInput = first.kind === "InputLayer";
  const stating: Omit<ModelInput, "key"> = isModel(first.kind)
    ? onlyInput(readTopology({ class_name: first.kind, config: first.config }), first.name)
    : { layer: first.name, kind: first.kind, config: first.config };
  const input: ModelInput = { ...stating, key: "input" };
  const uses = (isInput ? layers.slice(1) : layers).map(({ name, kind, config }, index) => ({
    ...{ name, kind, config, key: `${index}` },
    sources: [index === 0 ? input.key : outputOf(`${index - 1}`, 0)],
  }));
  const repeated = uses.find(
    ({ name }, index) => uses.findIndex((use) => use.name === name) < index,
  );
  if (repeated !== undefined)
    throw refused(`two layers of the name ${repeated.name}`, repeated.name);
  const end = uses.at(-1);
  return { inputs: [input], uses, outputs: [end === undefined ? input.key : outputOf(end.key, 0)] };
}

/** The input of a model within a sequence of layers. */
function onlyInput({ inputs }: ModelGraph, name: string): ModelInput {
  if (inputs.length !== 1) throw refused(`the layer ${name}, which has several inputs`, name);
  return inputs[0]!;
}

/** The graph of a functional model. */
function inGraph(layers: readonly Layer[], config: Fields): ModelGraph {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  if (byName.size < layers.length) throw refused("a model with two layers of one name");
  const inputs = refsOf(config["input_layers"]).map((ref): ModelInput => {
    const layer = byName.get(ref.layer);
    if (layer?.kind !== "InputLayer") throw refused(`the input ${ref.layer}`, ref.layer);
    const { name, kind } = layer;
    return { key: keyOf(ref), layer: name, kind, config: layer.config };
  });
  const uses = new Map(layers.flatMap((layer) => usesOf(layer).map((use) => [use.key, use])));
  const ordered = new Set<LayerUse>();
  // Depth first: a use follows all its sources. The trail finds circles.
  const visit = (ref: ValueRef, trail: ReadonlySet<string>): void => {
    if (inputs.some(({ key }) => key === keyOf(ref))) return;
    const key = `${ref.layer}/${ref.use}`;
    const use = uses.get(key);
    if (use === undefined || trail.has(key)) throw refused(`the layer ${ref.layer}`, ref.layer);
    if (ordered.has(use)) return;
    for (const source of use.reads) visit(source, new Set([...trail, key]));
    ordered.add(use);
  };
  const outputs = refsOf(config["output_layers"]);
  for (const output of outputs) visit(output, new Set());
  const left = [...uses.values()].find((use) => !ordered.has(use));
  if (left !== undefined) throw refused(`the layer ${left.name}, which the output does not use`);
  return { inputs, uses: [...ordered], outputs: outputs.map(keyOf) };
}

/** A reference to an output of a use of a layer. */
interface ValueRef {
  readonly layer: string;
  readonly use: number;
  readonly output: number;
}

const keyOf = ({ layer, use, output }: ValueRef): ValueKey => outputOf(`${layer}/${use}`, output);

/**
 * Reads the uses of a layer. They look like `[[["before", 0, 0, {}], …], …]`: a list of uses, each
 * with a list of the values that it reads.
 */
function usesOf(layer: Layer): (LayerUse & { readonly reads: readonly ValueRef[] })[] {
  const { name, kind, config } = layer;
  if (!Array.isArray(layer.nodes)) throw refused(`the layer ${name}, which reads nothing`, name);
  // The use 0 of a model is the one that made it, which stands nowhere.
  const first = isModel(kind) ? 1 : 0;
  return (layer.nodes as unknown[]).map((use, index) => {
    const reads = refsOf(use, name);
    const key = `${name}/${first + index}`;
    return { name, kind, config, key, reads, sources: reads.map(keyOf) };
  });
}

/** Reads a list of references, each of which looks like `["layer", 0, 0, {}]`. */
function refsOf(value: unknown, reader?: string): ValueRef[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [];
  if (list.length === 0) throw refused(`a list of layers that is ${JSON.stringify(value)}`, reader);
  return list.map((entry) => {
    const [layer, use, output, options] = Array.isArray(entry) ? (entry as unknown[]) : [];
    const isPlain = Object.keys(asFields(options)).length === 0;
    if (typeof layer !== "string" || !isIndex(use) || !isIndex(output) || !isPlain) {
      throw refused(`the reference ${JSON.stringify(entry)}`, reader);
    }
    return { layer, use, output };
  });
}

const isIndex = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0;
