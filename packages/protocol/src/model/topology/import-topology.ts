// Reads the topology of a model as Keras 2, Keras 3 and tfjs write it, and gives it the form of Keras
// 2, which tfjs and the engines of clients read. What a server stores and sends has this form, so
// that clients need not know where a model came from.
import { TributaryError } from "../../errors.ts";
import { requireConnected } from "./connections.ts";
import { isFields, type Fields } from "./fields.ts";
import { keras2Layer, withoutBackwardLayer } from "./keras-layers.ts";
import { keras2Ends, keras2Nodes, keywordsOf, withoutRepeatedInputs } from "./keras-nodes.ts";
import { hasMasks, requireNoMaskOf, requireUnmasked } from "./masks.ts";
import { MODELS } from "./models.ts";
import { WeightNames } from "./weight-names.ts";

/** A topology in the form of Keras 2. */
export interface ImportedTopology {
  readonly topology: Fields;
  /** Gives a weight of the file the name that tfjs has for it. */
  readonly weightName: (name: string) => string;
}

/**
 * Imports a topology. One that has the form of Keras 2 already comes back as it is.
 * @param topology - `{ class_name, config }` of a model; not modified.
 * @param keras - The major version of the Keras that wrote it; 0 for tfjs.
 * @throws TributaryError `MODEL_UNSUPPORTED` when a layer would become something that it is not, or is
 *   not connected; `context.layer` names it.
 */
export function importTopology(topology: Fields, keras: number): ImportedTopology {
  if (isDeep(topology, DEEPEST)) {
    throw new TributaryError("MODEL_UNSUPPORTED", `The topology has more than ${DEEPEST} levels`, {
      remedy: "Nest fewer models within each other.",
    });
  }
  const names = new WeightNames();
  const masks = keras > 0 && hasMasks(topology);
  const imported = importModel(topology, { keras, names, masks });
  requireConnected(imported);
  return { topology: imported, weightName: (name) => names.imported(name) };
}

/** As deep as a plan may be nested, so that no recursion exhausts the stack. */
const DEEPEST = 100;

/** Whether a value has more than so many levels. */
const isDeep = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeep(inner, levels - 1)));

interface Import {
  readonly keras: number;
  /** Collects what the names of weights depend on. */
  readonly names: WeightNames;
  /** Whether the model comes from Keras and a layer of it masks moments. */
  readonly masks: boolean;
}

/** Imports a model, which may be a layer of another one. */
function importModel(model: Fields, given: Import): Fields {
  const kind = model["class_name"];
  const config: unknown = model["config"];
  if (Array.isArray(config)) return { class_name: kind, config: importLayers(config, given) };
  const fields: Fields = isFields(config) ? config : {};
  const { build_input_shape: shape, dtype: _dtype, ...rest } = fields;
  if (!Array.isArray(rest["layers"])) return model;
  given.names.addModel(rest["name"]);
  const layers = importLayers(rest["layers"], given);
  return {
    class_name: kind,
    config: {
      ...rest,
      layers: kind === "Sequential" ? withInputShape(layers, shape) : layers,
      ...("input_layers" in rest ? { input_layers: keras2Ends(rest["input_layers"]) } : {}),
      ...("output_layers" in rest ? { output_layers: keras2Ends(rest["output_layers"]) } : {}),
    },
  };
}

function importLayers(layers: readonly unknown[], given: Import): readonly unknown[] {
  const fields = layers.filter(isFields);
  const models = new Set(
    fields.filter((layer) => MODELS.has(layer["class_name"])).map((layer) => nameOf(layer)),
  );
  return layers.map((layer) => (isFields(layer) ? importLayer(layer, models, given) : layer));
}

/** @param models - The names of the layers beside it that are models. */
function importLayer(layer: Fields, models: ReadonlySet<string>, given: Import): Fields {
  const { class_name: kind, config: raw, name: outer, inbound_nodes: nodes } = layer;
  if (typeof kind !== "string" || !isFields(raw)) return layer;
  const name = nameOf(layer);
  const calls = keras2Nodes(name, nodes, models);
  const inbound = kind === "MultiHeadAttention" ? withoutRepeatedInputs(calls) : calls;
  const connected = {
    ...(outer === undefined ? {} : { name: outer }),
    ...(nodes === undefined ? {} : { inbound_nodes: inbound }),
  };
  if (MODELS.has(kind)) {
    requireNoMaskOf(name, raw);
    return { ...importModel(layer, given), ...connected };
  }
  const called = Array.isArray(nodes) ? nodes.map(keywordsOf) : [];
  // What Keras says of attention in its call is a setting of the SDK's layer.
  const causal = called.some((keywords) => keywords["use_causal_mask"] === true);
  const config = causal ? { ...raw, use_causal_mask: true } : raw;
  if (given.masks) requireUnmasked(name, kind, config);
  given.names.addLayer(kind, name, config);
  const imported = keras2Layer({ name, kind, config, keras: given.keras });
  return { ...imported, config: importInner(kind, name, imported.config, given), ...connected };
}

/** Imports what a wrapper or a recurrent layer contains. */
function importInner(kind: string, name: string, config: Fields, given: Import): Fields {
  // The weights of what is within have the name of the wrapper.
  const within = { ...given, names: new WeightNames() };
  const inner = (one: unknown): unknown => {
    if (!isFields(one)) return one;
    // A model has its own name and those of its layers, whatever it is within.
    return importLayer(one, new Set(), MODELS.has(one["class_name"]) ? given : within);
  };
  const whole = kind === "Bidirectional" ? withoutBackwardLayer(name, config) : config;
  const { layer, cell, cells } = whole;
  return {
    ...whole,
    ...(isFields(layer) ? { layer: inner(layer) } : {}),
    ...(isFields(cell) ? { cell: inner(cell) } : {}),
    ...(Array.isArray(cells) ? { cells: cells.map(inner) } : {}),
  };
}

/** The name of a layer. A graph writes it beside the configuration as well. */
function nameOf({ name, config }: Fields): string {
  const own: unknown = isFields(config) ? config["name"] : undefined;
  return typeof own === "string" ? own : typeof name === "string" ? name : "";
}

/**
 * Gives the first layer of a sequence the shape of its input. Keras states it beside the layers when
 * the sequence was built by its first examples.
 */
function withInputShape(layers: readonly unknown[], shape: unknown): readonly unknown[] {
  const [first, ...others] = layers;
  if (!Array.isArray(shape) || !isFields(first) || !isFields(first["config"])) return layers;
  if (MODELS.has(first["class_name"]) || "batch_input_shape" in first["config"]) return layers;
  const config = { ...first["config"], batch_input_shape: shape };
  return [{ ...first, config }, ...others];
}
