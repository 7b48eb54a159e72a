import { isFields, type Fields } from "./topology/fields.ts";
import { shapeSize } from "./shape-size.ts";

/** How many values a model takes and gives, as far as its topology says so in plain words. */
export interface StatedSizes {
  /** The number of values of one input; undefined if the topology leaves it open. */
  readonly inputs: number | undefined;
  /** The number of values of one output; undefined unless a dense layer gives it. */
  readonly outputs: number | undefined;
}

/** Layers that give as many values as they take. */
const KEEPS_SIZE: ReadonlySet<unknown> = new Set(["Activation", "Softmax", "Dropout"]);

/**
 * Reads how many values a model takes and gives. It builds nothing, so that servers can do it, and
 * it knows nothing of models with several inputs or outputs.
 */
export function statedSizes(topology: object): StatedSizes {
  const { class_name: kind, config } = topology as Fields;
  const layers = layersOf(config);
  if (kind === "Sequential") {
    const last = layers.findLast((layer) => !KEEPS_SIZE.has(layer["class_name"]));
    return { inputs: inputSize(layers[0]), outputs: denseSize(last) };
  }
  const named = (key: string): Fields | undefined => {
    const [entry, ...others] = itemsOf(fieldsOf(config)[key]);
    const [name] = itemsOf(entry);
    return others.length === 0 ? layers.find((layer) => layer["name"] === name) : undefined;
  };
  return { inputs: inputSize(named("input_layers")), outputs: denseSize(named("output_layers")) };
}

function layersOf(config: unknown): readonly Fields[] {
  return itemsOf(Array.isArray(config) ? config : fieldsOf(config)["layers"]).map(fieldsOf);
}

function inputSize(layer: Fields | undefined): number | undefined {
  const config = fieldsOf(layer?.["config"]);
  const shape: unknown = config["batch_input_shape"] ?? config["batch_shape"];
  if (!Array.isArray(shape) || shape.length < 2) return undefined;
  const sizes: unknown[] = shape.slice(1);
  const isKnown = sizes.every((size): size is number => Number.isSafeInteger(size));
  return isKnown ? shapeSize(sizes) : undefined;
}

function denseSize(layer: Fields | undefined): number | undefined {
  const units = fieldsOf(layer?.["config"])["units"];
  return layer?.["class_name"] === "Dense" && Number.isSafeInteger(units)
    ? Number(units)
    : undefined;
}

const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
