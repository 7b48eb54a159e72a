// Reads the header of a tfjs LayersModel: `model.json`, which holds the topology and a manifest of
// the weights. The caller has a disk or a network, reads the files that the manifest names, and
// hands them to `readTfjsWeights`. A model may come from a stranger, so every field is checked
// before it is used.
import { TributaryError } from "../errors.ts";
import { isFields, type Fields } from "./topology/fields.ts";
import { importTopology } from "./topology/import-topology.ts";
import { layoutOf, type ParameterShape } from "./parameter-layout.ts";

/** A model without the values of its parameters. */
export interface ModelDescription {
  /** The topology of a tfjs LayersModel: `{ class_name, config }`, as `model.toJSON()` gives it. */
  readonly topology: object;
  /** In checkpoint order. */
  readonly parameters: readonly ParameterShape[];
}

/**
 * How the values of a weight are stored: as codes, with value = code · scale + min, or as IEEE 754
 * half precision.
 */
export type TfjsQuantization =
  | { readonly dtype: "uint8" | "uint16"; readonly scale: number; readonly min: number }
  | { readonly dtype: "float16" };

/** One entry of a weights manifest. */
export interface TfjsWeight extends ParameterShape {
  /** `undefined` when the values are stored as float32. */
  readonly quantization: TfjsQuantization | undefined;
  /**
   * Whether this is no weight of a layer: state of the optimizer that the model was saved with, or of
   * a source of random numbers, or a count of examples. It is skipped.
   */
  readonly isState: boolean;
}

/** A group of weights. Their values follow one another in the named files, joined in order. */
export interface TfjsWeightGroup {
  /** Paths relative to `model.json`, in order; never outside its folder. */
  readonly paths: readonly string[];
  readonly weights: readonly TfjsWeight[];
}

/** What `model.json` says: the model, and where its weights are. */
export interface TfjsModel {
  readonly description: ModelDescription;
  readonly groups: readonly TfjsWeightGroup[];
  /** What the model was compiled with, unchecked; undefined when the file does not say. */
  readonly trainingConfig: Fields | undefined;
}

/**
 * Checks a parsed `model.json` of a tfjs LayersModel, whether tfjs saved it or it was converted
 * from Keras 2 or 3. What Keras 3 writes is rewritten in the form of Keras 2, which tfjs reads.
 * @param modelJson - What `JSON.parse` gave; not modified.
 * @throws TributaryError `MODEL_UNSUPPORTED` for a graph model, a missing topology or manifest, a
 * file name that leads outside the model's folder, or a weight that is not float32 (stored as such,
 * or quantized to float16, uint8 or uint16).
 * @see https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts `ModelJSON`
 */
export function parseTfjsModel(modelJson: unknown): TfjsModel {
  const model = fieldsOf(modelJson, "The model file");
  const { topology, weightName } = importTopology(topologyOf(model), kerasVersionOf(model));
  const manifest = model["weightsManifest"];
  if (!Array.isArray(manifest) || manifest.length === 0) {
    throw unsupported(
      "The model file has no weights manifest",
      "Save the model with its weights, as `model.save()` does.",
    );
  }
  const groups = manifest.map((group: unknown, index) => groupOf(group, index, weightName));
  const parameters = groups.flatMap(({ weights }) =>
    weights.filter(({ isState }) => !isState).map(({ name, shape }) => ({ name, shape })),
  );
  // Only for its checks of names, shapes and the number of values.
  layoutOf(parameters);
  return { description: { topology, parameters }, groups, trainingConfig: trainingConfigOf(model) };
}

/** Finds the topology of the layers, and refuses models that have none. */
function topologyOf(model: Fields): Fields {
  const topology = model["modelTopology"];
  const fields = isFields(topology) ? topology : {};
  if (model["format"] === "graph-model" || Array.isArray(fields["node"])) {
    throw unsupported(
      "The model is a tfjs graph model, which has no layers to train",
      "Convert the Keras model it came from with `tensorflowjs_converter --input_format=keras " +
        "--output_format=tfjs_layers_model IN OUT`, or save it from tfjs with `model.save()`.",
    );
  }
  // Files from Keras wrap the topology in `model_config`, beside the state of the training that
  // made them.
  const inner = fields["model_config"];
  const found = isFields(inner) ? inner : fields;
  if (typeof found["class_name"] !== "string" || typeof found["config"] !== "object") {
    throw unsupported(
      "The model file has no layers topology",
      "Give the model.json of a tfjs LayersModel, with its `modelTopology`.",
    );
  }
  return found;
}

/** The major version of the Keras that wrote the topology; 0 for tfjs, and when nobody says. */
function kerasVersionOf(model: Fields): number {
  const topology = model["modelTopology"];
  const version: unknown = isFields(topology) ? topology["keras_version"] : undefined;
  return typeof version === "string" && /^\d+\./.test(version) ? Number.parseInt(version, 10) : 0;
}

/** Finds what the model was compiled with: tfjs writes it beside the topology, and Keras into it. */
function trainingConfigOf(model: Fields): Fields | undefined {
  const topology = model["modelTopology"];
  const found =
    model["trainingConfig"] ?? (isFields(topology) ? topology["training_config"] : undefined);
  return isFields(found) ? found : undefined;
}

/**
 * @param index - From 0; errors count from 1.
 * @param weightName - Gives a weight the name that the imported topology has for it.
 */
function groupOf(
  value: unknown,
  index: number,
  weightName: (name: string) => string,
): TfjsWeightGroup {
  const what = `Group ${index + 1} of the weights manifest`;
  const { paths, weights } = fieldsOf(value, what);
  if (!Array.isArray(paths) || !Array.isArray(weights)) {
    throw malformed(`${what} lacks its paths or its weights`);
  }
  return {
    paths: paths.map((path: unknown) => pathOf(path, what)),
    weights: weights.map((weight: unknown) => {
      const read = weightOf(weight, what);
      return { ...read, name: weightName(read.name) };
    }),
  };
}

/**
 * Checks a path of the manifest: not absolute, not a URL, no backslash and no `..`. A model from a
 * stranger must not make the caller read other files of this machine, or of other machines.
 */
function pathOf(value: unknown, what: string): string {
  if (typeof value !== "string" || value === "")
    throw malformed(`${what} has a path that is not text`);
  if (/^[/\\]|^[a-z][a-z0-9+.-]*:|\\|\0/i.test(value) || value.split("/").includes("..")) {
    throw unsupported(
      `${what} names a file outside the model's folder`,
      "Put model.json and its weight files into one folder.",
      { path: value.slice(0, 120) },
    );
  }
  return value;
}

/** Checks one entry of a group's weights. `what` names the group in errors. */
function weightOf(value: unknown, what: string): TfjsWeight {
  const fields = fieldsOf(value, `A weight of ${what}`);
  const { name, shape, dtype } = fields;
  if (typeof name !== "string" || name === "")
    throw malformed(`${what} has a weight without a name`);
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw malformed(`The weight ${name.slice(0, 120)} has no valid shape`);
  }
  // An optimizer counts its steps in an int32, and a normalisation the examples that it has seen. It
  // is as long as a float32, and is skipped.
  const isState =
    fields["group"] === "optimizer" ||
    name.endsWith("/seed_generator_state") ||
    (name.endsWith("/count") && dtype === "int32");
  if (dtype !== "float32" && !(isState && dtype === "int32")) {
    throw unsupported(
      `The weight ${name.slice(0, 120)} has the type ${shown(dtype)}`,
      "Give a model whose weights are all float32.",
      { weight: name.slice(0, 120) },
    );
  }
  return {
    name,
    shape: shape.map(Number),
    quantization: quantizationOf(fields["quantization"], name),
    isState,
  };
}

/** Checks how a weight is quantized; `undefined` when it is not. */
function quantizationOf(value: unknown, name: string): TfjsQuantization | undefined {
  if (value === undefined) return undefined;
  const { dtype, scale, min } = fieldsOf(value, `The quantization of ${name.slice(0, 120)}`);
  if (dtype === "float16") return { dtype };
  if (dtype !== "uint8" && dtype !== "uint16") {
    throw unsupported(
      `The weight ${name.slice(0, 120)} is quantized to ${shown(dtype)}`,
      "Use weights in float32, float16, uint8 or uint16.",
      { weight: name.slice(0, 120) },
    );
  }
  if (typeof scale !== "number" || typeof min !== "number") {
    throw malformed(`The weight ${name.slice(0, 120)} is quantized without a scale and a minimum`);
  }
  return { dtype, scale, min };
}

/** @throws TributaryError `MODEL_UNSUPPORTED` unless the value is a JSON object. */
function fieldsOf(value: unknown, what: string): Fields {
  if (!isFields(value)) throw malformed(`${what} is not a JSON object`);
  return value;
}

/**
 * A value from a stranger, for an error. Not `String(value)`, which would run the object's own
 * `toString`.
 */
const shown = (value: unknown): string =>
  typeof value === "string" ? value.slice(0, 40) : typeof value;

const malformed = (cause: string): TributaryError =>
  unsupported(cause, "Give the model.json of a tfjs LayersModel, as `model.save()` writes it.");

function unsupported(
  cause: string,
  remedy: string,
  context: Readonly<Record<string, string>> = {},
): TributaryError {
  return new TributaryError("MODEL_UNSUPPORTED", cause, { remedy, context });
}
