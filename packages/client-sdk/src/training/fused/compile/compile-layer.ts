// Compiles one layer of a topology: one node for what it computes, and one for its activation.
//
// Layers have the names and the fields of Keras, with the defaults of tfjs for fields that are
// missing. A field that would change the result in a way that no node can express leads to a
// `LayerRefusal`, whose message completes the sentence "the layer NAME (KIND): …".
import { sizeOf } from "../../example-format.ts";
import { convolution, depthwise, pooling, zeroPadding } from "./compile-image-layer.ts";
import {
  batchNormalization,
  groupNormalization,
  layerNormalization,
} from "./compile-normalization.ts";
import { embedding, recurrent } from "./compile-sequence-layer.ts";
import {
  LayerRefusal,
  numberOf,
  requireAbsent,
  requireOneOf,
  requireSizeOf,
} from "./layer-config.ts";
import type { Pair } from "./layer-node.ts";
import {
  activation,
  imageShape,
  one,
  parameter,
  weighted,
  type CompiledLayer,
  type LayerToCompile,
} from "./layer-to-compile.ts";

/**
 * Compiles a layer of any kind.
 * @throws LayerRefusal when the fused trainer cannot take the layer exactly as it is.
 */
export function compileLayer(layer: LayerToCompile): CompiledLayer {
  const { kind, config, inputs } = layer;
  // Every layer but Add has one input.
  const shape = inputs[0]!.shape;
  if (kind === "Add") return one({ kind: "add" }, commonShape(inputs));
  if (inputs.length !== 1) throw new LayerRefusal(`it has ${inputs.length} inputs`);
  switch (kind) {
    case "Dense":
      return dense(layer, shape);
    case "Conv2D":
      return convolution(layer, imageShape(shape));
    case "DepthwiseConv2D":
      return depthwise(layer, imageShape(shape));
    case "LayerNormalization":
      return layerNormalization(layer, shape);
    case "GroupNormalization":
      return groupNormalization(layer, shape);
    case "BatchNormalization":
      return batchNormalization(layer, shape);
    case "MaxPooling2D":
      return pooling("max", config, imageShape(shape));
    case "AveragePooling2D":
      return pooling("average", config, imageShape(shape));
    // Pooling with one window that covers the image.
    case "GlobalMaxPooling2D":
    case "GlobalAveragePooling2D": {
      requireOneOf(config, "keepdims", false);
      requireOneOf(config, "data_format", "channels_last", "channelsLast");
      const [height, width, channels] = imageShape(shape);
      const size: Pair = [height, width];
      const mode = kind === "GlobalMaxPooling2D" ? "max" : "average";
      return one({ kind: "pooling", mode, size, steps: size, padding: "valid" }, [channels]);
    }
    case "LSTM":
      return recurrent("lstm", 4, layer, shape);
    // Keras has two forms of GRU. Only the one whose reset acts before the multiplication has the
    // parameters that the layer here expects.
    case "GRU":
      requireOneOf(config, "reset_after", false);
      return recurrent("gru", 3, layer, shape);
    case "Embedding":
      return embedding(layer, shape);
    case "ZeroPadding2D":
      return zeroPadding(config, imageShape(shape));
    // Flattening keeps the order of the values in memory, as long as channels come last.
    case "Flatten":
      requireOneOf(config, "data_format", "channels_last", "channelsLast");
      return one({ kind: "reshape" }, [sizeOf(shape)]);
    case "Reshape":
      return one({ kind: "reshape" }, targetShape(config["target_shape"], shape));
    // A dropout that drops nothing makes no node.
    case "Dropout": {
      requireAbsent(config, "noise_shape");
      const rate = config["rate"];
      if (typeof rate !== "number" || rate < 0 || rate >= 1) {
        throw new LayerRefusal(`its rate is ${JSON.stringify(rate)}`);
      }
      return rate === 0 ? unchanged() : one({ kind: "dropout", rate }, shape);
    }
    case "Activation":
      return { nodes: activation(config["activation"], shape), parameters: [] };
    // Forms of ReLU with a bound, a slope or a threshold are refused instead of being trained as
    // the plain form.
    case "ReLU":
      requireAbsent(config, "max_value");
      for (const field of ["negative_slope", "threshold"]) requireOneOf(config, field, 0);
      return one({ kind: "activation", name: "relu", slope: 0 }, shape);
    case "LeakyReLU":
      return one(
        { kind: "activation", name: "leakyRelu", slope: numberOf(config, "alpha", 0.3) },
        shape,
      );
    case "Softmax":
      requireOneOf(config, "axis", -1, shape.length);
      return one({ kind: "activation", name: "softmax", slope: 0 }, shape);
    default:
      throw new LayerRefusal("it has no layer of this kind");
  }
}

/** A layer that changes nothing makes no node. */
const unchanged = (): CompiledLayer => ({ nodes: [], parameters: [] });

/** Compiles a Dense. It works on the last axis and leaves the others as they are. */
function dense(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const { config } = layer;
  const width = shape.at(-1);
  const kernel = parameter(layer, "kernel");
  const [inputs, units] = kernel.shape;
  if (width === undefined || kernel.shape.length !== 2 || inputs !== width) {
    throw new LayerRefusal(`its kernel is [${kernel.shape.join(", ")}] for [${shape.join(", ")}]`);
  }
  requireSizeOf(config, "units", units);
  return weighted(layer, kernel, units!, [...shape.slice(0, -1), units!], (bias) => ({
    operation: { kind: "dense", kernel: kernel.name, bias },
    activation: config["activation"],
  }));
}

/** The shape that all inputs of an Add must have. */
function commonShape(inputs: LayerToCompile["inputs"]): readonly number[] {
  const [first, ...rest] = inputs.map(({ shape }) => shape);
  if (rest.length === 0 || rest.some((shape) => shape.join() !== first!.join())) {
    throw new LayerRefusal("its inputs have different shapes");
  }
  return first!;
}

/** The shape that a Reshape gives. One of its sizes may be −1, which stands for what is left. */
function targetShape(target: unknown, shape: readonly number[]): readonly number[] {
  const size = sizeOf(shape);
  if (!Array.isArray(target) || !target.every((one) => Number.isInteger(one))) {
    throw new LayerRefusal(`its target_shape is ${JSON.stringify(target)}`);
  }
  const sizes = target as number[];
  const known = sizes.filter((one) => one !== -1).reduce((product, one) => product * one, 1);
  // The size that stands for −1 follows from the number of values.
  const filled = sizes.map((one) => (one === -1 ? size / known : one));
  if (sizeOf(filled) !== size || !filled.every((one) => Number.isInteger(one) && one > 0)) {
    throw new LayerRefusal(`its target_shape is [${sizes.join(", ")}] for [${shape.join(", ")}]`);
  }
  return filled;
}
