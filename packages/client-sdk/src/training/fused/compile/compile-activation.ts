// Compiles activations: those that are layers, and those that end another layer.
import { shapeSize } from "@tributary/protocol";
import { asFields, LayerRefusal, numberOf, requireOneOf } from "./layer-config.ts";
import type { Activation } from "./layer-node.ts";
import { one, parameter, type CompiledLayer, type LayerCompiler } from "./layer-to-compile.ts";

/** The two numbers of SELU (arXiv:1706.02515). */
const SELU = { alpha: 1.6732632423543772, scale: 1.0507009873554805 };

/** The activations by their names in Keras and tfjs. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  relu: { name: "relu" },
  relu6: { name: "clip", low: 0, high: 6 },
  elu: { name: "elu", alpha: 1, scale: 1 },
  selu: { name: "elu", ...SELU },
  gelu: { name: "gelu" },
  gelu_new: { name: "approximateGelu" },
  geluNew: { name: "approximateGelu" },
  swish: { name: "swish" },
  silu: { name: "swish" },
  softplus: { name: "softplus" },
  softsign: { name: "softsign" },
  mish: { name: "mish" },
  tanh: { name: "tanh" },
  sigmoid: { name: "sigmoid" },
  softmax: { name: "softmax" },
};

/**
 * Compiles an activation. A linear one makes no node.
 * @throws LayerRefusal for one that is unknown.
 */
export function activation(value: unknown, shape: readonly number[]): CompiledLayer["nodes"] {
  const name = value ?? "linear";
  if (name === "linear") return [];
  if (name === "hardSigmoid" || name === "hard_sigmoid") return hardSigmoid(shape);
  // `Object.hasOwn`, because the name comes from a stranger.
  if (typeof name !== "string" || !Object.hasOwn(ACTIVATIONS, name)) {
    throw new LayerRefusal(
      `its activation is ${JSON.stringify(asFields(name)["class_name"] ?? name)}`,
    );
  }
  return [{ operation: { kind: "activation", ...ACTIVATIONS[name]! }, shape }];
}

/** 0.2 x + 0.5, limited to the range from 0 to 1. */
function hardSigmoid(shape: readonly number[]): CompiledLayer["nodes"] {
  const channels = shape.at(-1) ?? 1;
  const factors = Array.from({ length: channels }, () => 0.2);
  const terms = Array.from({ length: channels }, () => 0.5);
  return [
    { operation: { kind: "scale", factors, terms }, shape },
    { operation: { kind: "activation", name: "clip", low: 0, high: 1 }, shape },
  ];
}

/** The layers that are activations. */
export const ACTIVATION_LAYERS: Readonly<Record<string, LayerCompiler>> = {
  Activation: ({ config }, shape) => ({
    nodes: activation(config["activation"], shape),
    parameters: [],
  }),
  // A ReLU with both a slope and a bound, or with a threshold, is refused instead of being trained
  // as another form.
  ReLU: ({ config }, shape) => {
    requireOneOf(config, "threshold", 0);
    const high = config["max_value"] ?? null;
    const slope = numberOf(config, "negative_slope", 0);
    if (high === null) return one({ kind: "activation", name: "leakyRelu", slope }, shape);
    requireOneOf(config, "negative_slope", 0);
    return one(
      { kind: "activation", name: "clip", low: 0, high: numberOf(config, "max_value", 0) },
      shape,
    );
  },
  LeakyReLU: ({ config }, shape) => {
    // Keras 3 calls the slope negative_slope.
    const field = "negative_slope" in config ? "negative_slope" : "alpha";
    return one(
      { kind: "activation", name: "leakyRelu", slope: numberOf(config, field, 0.3) },
      shape,
    );
  },
  PReLU: (layer, shape) => {
    const { name, shape: given } = parameter(layer, "alpha");
    const shared: unknown = layer.config["shared_axes"] ?? [];
    // Along an axis that is shared, which is counted from 1, all values have the same slope.
    const isShared = (_: number, axis: number): boolean =>
      Array.isArray(shared) && shared.includes(axis + 1);
    const slopes = shape.map((size, axis) => (isShared(size, axis) ? 1 : size));
    if (given.join() !== slopes.join()) {
      throw new LayerRefusal(`its alpha is [${given.join(", ")}] for [${shape.join(", ")}]`);
    }
    // The slopes repeat from one row of values to the next, so the axes that are shared come first.
    const own = shape.slice(shape.findLastIndex(isShared) + 1);
    const columns = shapeSize(own);
    if (columns !== shapeSize(slopes)) {
      throw new LayerRefusal(`its shared_axes are ${JSON.stringify(shared)}`);
    }
    return {
      nodes: [{ operation: { kind: "prelu", slopes: name, columns }, shape }],
      parameters: [name],
    };
  },
  ELU: ({ config }, shape) =>
    one({ kind: "activation", name: "elu", alpha: numberOf(config, "alpha", 1), scale: 1 }, shape),
  Softmax: ({ config }, shape) => {
    // tfjs counts the axis of the examples when the axis is not negative.
    requireOneOf(config, "axis", -1, shape.length);
    return one({ kind: "activation", name: "softmax" }, shape);
  },
};
