// What a layer's configuration says, in the words of Keras 2, which tfjs reads.
import { isFields, type Fields } from "./fields.ts";
import { unsupportedLayer } from "./unsupported-layer.ts";

/** A layer whose configuration is rewritten. */
export interface KerasLayer {
  readonly name: string;
  readonly kind: string;
  readonly config: Fields;
  /** The major version of the Keras that wrote the model; 0 for tfjs. */
  readonly keras: number;
}

/** Activations of Keras that tfjs knows by another name. */
const ACTIVATIONS: Readonly<Record<string, string>> = { silu: "swish" };

/** Fields that say where a class is defined, or how it was built. */
const WITHOUT_MEANING = ["module", "registered_name", "build_config", "optional", "use_cudnn"];

/**
 * Rewrites the fields that many kinds of layers have.
 * @throws TributaryError `MODEL_UNSUPPORTED` for a field whose meaning tfjs does not know.
 */
export function keras2Config(layer: KerasLayer): Fields {
  return Object.fromEntries(
    Object.entries(layer.config)
      .filter(([key]) => !WITHOUT_MEANING.includes(key))
      .map(([key, value]) =>
        key === "batch_shape" || key === "batch_input_shape"
          ? ["batch_input_shape", withoutBatchSize(value)]
          : [key, keras2Value(layer, key, value)],
      ),
  );
}

/** A shape for any number of examples: clients train in batches of the plan's size. */
const withoutBatchSize = (shape: unknown): unknown =>
  Array.isArray(shape) ? [null, ...(shape.slice(1) as unknown[])] : shape;

function keras2Value(layer: KerasLayer, key: string, value: unknown): unknown {
  if (key === "dtype") return dtypeOf(layer, value);
  if (key === "activation" || key === "recurrent_activation") return activationOf(layer, value);
  // Batch normalisation names its one axis in a list.
  if (key === "axis" && layer.kind === "BatchNormalization" && Array.isArray(value)) {
    return value.length === 1 ? (value[0] as unknown) : value;
  }
  if (isFields(value) && typeof value["class_name"] === "string") return partOf(value);
  return value;
}

/** Types of numbers that tfjs lacks. */
const OTHER_NUMBERS: ReadonlySet<unknown> = new Set([
  ...["uint8", "int8", "uint16", "int16", "uint32", "float16", "bfloat16", "float64"],
]);

/** The type of a layer's numbers: its name, or a policy whose name tells it. */
function dtypeOf({ kind }: KerasLayer, value: unknown): unknown {
  const config: unknown = isFields(value) ? value["config"] : undefined;
  const name: unknown = isFields(config) ? config["name"] : value;
  // Weights are float32 in policies of mixed precision too, which serve to compute faster. Indices
  // are int32 in tfjs.
  if (typeof name === "string" && name.startsWith("mixed_")) return "float32";
  if (name === "int64") return "int32";
  // What a client trains on are float32. Whole numbers among them, such as pixels, are as exact.
  return kind === "InputLayer" && OTHER_NUMBERS.has(name) ? "float32" : name;
}

/** An activation by its name in tfjs. Keras may write it as an object. */
function activationOf({ name: layer, keras }: KerasLayer, value: unknown): unknown {
  const inner: unknown = isFields(value) ? value["config"] : value;
  const name = typeof inner === "string" ? inner : value;
  if (isFields(name)) {
    throw unsupportedLayer(
      layer,
      `its activation is a ${String(name["class_name"]).slice(0, 40)} with settings of its own`,
      "Put the activation behind it, as a layer.",
    );
  }
  if (typeof name !== "string") return value;
  if (name === "hard_sigmoid" && keras >= 3) {
    throw unsupportedLayer(
      layer,
      "the hard sigmoid of Keras 3 has another slope than that of Keras 2 and tfjs",
      "Use the activation sigmoid, which recurrent layers of Keras 3 have by default.",
    );
  }
  return ACTIVATIONS[name] ?? name;
}

/** An initializer, a regularizer or a constraint. tfjs has one class for all penalties. */
function partOf({ class_name: kind, config }: Fields): Fields {
  const fields = isFields(config) ? config : {};
  if (kind !== "L1" && kind !== "L2") return { class_name: kind, config: fields };
  return { class_name: "L1L2", config: { l1: fields["l1"] ?? 0, l2: fields["l2"] ?? 0 } };
}
