// One layer of a topology as one or two nodes.
import type { LayerNode, LayerOperation, ActivationName, Pair } from "./layer-node.ts";
import {
  asFields,
  LayerRefusal,
  numberOf,
  pairOf,
  requireAbsent,
  requireOneOf,
  type Fields,
} from "./layer-config.ts";
import { windowShape } from "./window-shape.ts";

export interface LayerToCompile {
  readonly name: string;
  readonly kind: string;
  readonly config: Fields;
  /** Shapes of the plan's parameters by name. */
  readonly parameters: ReadonlyMap<string, readonly number[]>;
  readonly inputs: readonly { readonly shape: readonly number[] }[];
  /** Whether the plan trains it. */
  readonly isTrained: boolean;
}

export interface CompiledLayer {
  /** In order; none for a layer that changes nothing. Each but the first takes the one before it. */
  readonly nodes: readonly Pick<LayerNode, "operation" | "shape">[];
  /** Names of its parameters. */
  readonly parameters: readonly string[];
}

type Node = CompiledLayer["nodes"][number];

/** @throws LayerRefusal. */
export function compileLayer(layer: LayerToCompile): CompiledLayer {
  const { kind, config, inputs } = layer;
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
    case "BatchNormalization":
      return batchNormalization(layer, shape);
    case "MaxPooling2D":
      return pooling("max", config, imageShape(shape));
    case "AveragePooling2D":
      return pooling("average", config, imageShape(shape));
    case "GlobalAveragePooling2D": {
      requireOneOf(config, "keepdims", false);
      requireOneOf(config, "data_format", "channels_last", "channelsLast");
      const [height, width, channels] = imageShape(shape);
      const size: Pair = [height, width];
      return one({ kind: "pooling", mode: "average", size, steps: size, padding: "valid" }, [
        channels,
      ]);
    }
    case "LSTM":
      return recurrent("lstm", 4, layer, shape);
    case "GRU":
      requireOneOf(config, "reset_after", false);
      return recurrent("gru", 3, layer, shape);
    case "Embedding":
      return embedding(layer, shape);
    case "ZeroPadding2D":
      return zeroPadding(config, imageShape(shape));
    case "Flatten":
      requireOneOf(config, "data_format", "channels_last", "channelsLast");
      return one({ kind: "reshape" }, [sizeOf(shape)]);
    case "Reshape":
      return one({ kind: "reshape" }, targetShape(config["target_shape"], shape));
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

const one = (operation: LayerOperation, shape: readonly number[]): CompiledLayer => ({
  nodes: [{ operation, shape }],
  parameters: [],
});

const unchanged = (): CompiledLayer => ({ nodes: [], parameters: [] });

function dense(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const { config } = layer;
  const width = shape.at(-1);
  const kernel = parameter(layer, "kernel");
  const [inputs, units] = kernel.shape;
  if (width === undefined || kernel.shape.length !== 2 || inputs !== width) {
    throw new LayerRefusal(`its kernel is [${kernel.shape.join(", ")}] for [${shape.join(", ")}]`);
  }
  return weighted(layer, kernel, units!, [...shape.slice(0, -1), units!], (bias) => ({
    operation: { kind: "dense", kernel: kernel.name, bias },
    activation: config["activation"],
  }));
}

function convolution(layer: LayerToCompile, image: ImageShape): CompiledLayer {
  const [height, width, channels] = image;
  const { size, steps, padding } = filterConfig(layer.config);
  const kernel = parameter(layer, "kernel");
  const filters = kernel.shape[3]!;
  const expected = [...size, channels, filters];
  if (kernel.shape.join() !== expected.join()) {
    throw new LayerRefusal(`its kernel is [${kernel.shape.join(", ")}] for ${channels} channels`);
  }
  const { rows, columns } = windowShape({ height, width, size, steps, padding });
  return weighted(layer, kernel, filters, [rows, columns, filters], (bias) => ({
    operation: { kind: "convolution", kernel: kernel.name, bias, size, steps, padding },
    activation: layer.config["activation"],
  }));
}

function depthwise(layer: LayerToCompile, image: ImageShape): CompiledLayer {
  const [height, width, channels] = image;
  const { size, steps, padding } = filterConfig(layer.config);
  requireAbsent(layer.config, "depthwise_regularizer", "depthwise_constraint");
  const kernel = parameter(layer, "depthwise_kernel");
  const multiplier = kernel.shape[3]!;
  const expected = [...size, channels, multiplier];
  if (kernel.shape.join() !== expected.join()) {
    throw new LayerRefusal(`its kernel is [${kernel.shape.join(", ")}] for ${channels} channels`);
  }
  const outputs = channels * multiplier;
  const { rows, columns } = windowShape({ height, width, size, steps, padding });
  return weighted(layer, kernel, outputs, [rows, columns, outputs], (bias) => ({
    operation: { kind: "depthwise", kernel: kernel.name, bias, size, steps, padding },
    activation: layer.config["activation"],
  }));
}

function filterConfig(config: Fields): { size: Pair; steps: Pair; padding: "same" | "valid" } {
  requireOneOf(config, "data_format", "channels_last", "channelsLast");
  const dilation = pairOf(config["dilation_rate"] ?? 1, "dilation_rate");
  if (dilation[0] !== 1 || dilation[1] !== 1) throw new LayerRefusal("it is dilated");
  return {
    size: pairOf(config["kernel_size"], "kernel_size"),
    steps: pairOf(config["strides"] ?? 1, "strides"),
    padding: requireOneOf(config, "padding", "valid", "same"),
  };
}

function layerNormalization(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const { config } = layer;
  requireLastAxis(config["axis"], shape);
  requireAbsent(config, "gamma_regularizer", "beta_regularizer");
  const gamma = requireOneOf(config, "scale", true, false) ? parameter(layer, "gamma") : undefined;
  const beta = requireOneOf(config, "center", true, false) ? parameter(layer, "beta") : undefined;
  const named = [gamma, beta].filter((one) => one !== undefined);
  requireChannels(named, shape);
  return {
    nodes: [
      {
        operation: {
          ...{ kind: "layerNorm", gamma: gamma?.name, beta: beta?.name },
          epsilon: numberOf(config, "epsilon", 1e-3),
        },
        shape,
      },
    ],
    parameters: named.map(({ name }) => name),
  };
}

function batchNormalization(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const { config } = layer;
  if (layer.isTrained) throw new LayerRefusal("it is trained, and its averages with it");
  requireLastAxis(config["axis"], shape);
  const gamma = requireOneOf(config, "scale", true, false) ? parameter(layer, "gamma") : undefined;
  const beta = requireOneOf(config, "center", true, false) ? parameter(layer, "beta") : undefined;
  const mean = parameter(layer, "moving_mean");
  const variance = parameter(layer, "moving_variance");
  const named = [gamma, beta, mean, variance].filter((one) => one !== undefined);
  requireChannels(named, shape);
  return {
    nodes: [
      {
        operation: {
          ...{ kind: "batchNorm", gamma: gamma?.name, beta: beta?.name },
          ...{ mean: mean.name, variance: variance.name },
          epsilon: numberOf(config, "epsilon", 1e-3),
        },
        shape,
      },
    ],
    parameters: named.map(({ name }) => name),
  };
}

function requireLastAxis(axis: unknown, shape: readonly number[]): void {
  const one: unknown = Array.isArray(axis) && axis.length === 1 ? axis[0] : (axis ?? -1);
  if (one === -1 || one === shape.length) return;
  throw new LayerRefusal(`its axis is ${JSON.stringify(axis)}`);
}

function requireChannels(
  parameters: readonly { readonly shape: readonly number[] }[],
  shape: readonly number[],
): void {
  for (const { shape: found } of parameters) {
    if (found.length === 1 && found[0] === shape.at(-1)) continue;
    throw new LayerRefusal(`it has a parameter [${found.join(", ")}] for [${shape.join(", ")}]`);
  }
}

function recurrent(
  cell: "lstm" | "gru",
  gates: number,
  layer: LayerToCompile,
  shape: readonly number[],
): CompiledLayer {
  const { config } = layer;
  for (const field of ["activation", "recurrent_activation"]) {
    // Missing is tfjs's default, null is linear.
    if (config[field] === null) throw new LayerRefusal(`its ${field} is null`);
  }
  requireOneOf(config, "activation", "tanh");
  const gate = requireOneOf(config, "recurrent_activation", ...GATES);
  for (const flag of ["return_state", "go_backwards", "stateful"]) {
    requireOneOf(config, flag, false);
  }
  for (const rate of ["dropout", "recurrent_dropout"]) requireOneOf(config, rate, 0);
  requireAbsent(config, "recurrent_regularizer", "recurrent_constraint", "mask_value");
  const sequences = requireOneOf(config, "return_sequences", false, true);
  const kernel = parameter(layer, "kernel");
  const recurrentKernel = parameter(layer, "recurrent_kernel");
  const units = recurrentKernel.shape[0]!;
  const [moments, width] = shape;
  const expected = [width, gates * units, units, gates * units];
  const found = [...kernel.shape, ...recurrentKernel.shape];
  if (shape.length !== 2 || found.join() !== expected.join()) {
    throw new LayerRefusal(`its kernels are [${found.join(", ")}] for [${shape.join(", ")}]`);
  }
  const made = weighted(
    layer,
    kernel,
    gates * units,
    sequences ? [moments!, units] : [units],
    (bias) => ({
      operation: {
        ...{ kind: "recurrent", cell, kernel: kernel.name, bias, sequences },
        recurrentKernel: recurrentKernel.name,
        hardGates: gate !== "sigmoid",
      },
      activation: "linear",
    }),
  );
  return { ...made, parameters: [...made.parameters, recurrentKernel.name] };
}

/** What Keras calls the gates' activation; tfjs's default comes first. */
const GATES = ["hard_sigmoid", "hardSigmoid", "sigmoid"] as const;

function embedding(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const { config } = layer;
  requireOneOf(config, "mask_zero", false);
  requireAbsent(config, "embeddings_regularizer", "activity_regularizer", "embeddings_constraint");
  const table = parameter(layer, "embeddings");
  const [entries, width] = table.shape;
  if (table.shape.length !== 2) {
    throw new LayerRefusal(`its embeddings are [${table.shape.join(", ")}]`);
  }
  return {
    nodes: [
      {
        operation: { kind: "embedding", table: table.name, entries: entries! },
        shape: [...shape, width!],
      },
    ],
    parameters: [table.name],
  };
}

/** A layer with a kernel, perhaps a bias, and an activation. */
function weighted(
  layer: LayerToCompile,
  kernel: { readonly name: string },
  units: number,
  shape: readonly number[],
  make: (bias: string | undefined) => { operation: LayerOperation; activation: unknown },
): CompiledLayer {
  const { config } = layer;
  requireAbsent(
    config,
    ...["kernel_regularizer", "bias_regularizer", "activity_regularizer"],
    ...["kernel_constraint", "bias_constraint"],
  );
  const bias = requireOneOf(config, "use_bias", true, false) ? parameter(layer, "bias") : undefined;
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== units)) {
    throw new LayerRefusal(`its bias is [${bias.shape.join(", ")}] for ${units} outputs`);
  }
  const { operation, activation: name } = make(bias?.name);
  return {
    nodes: [{ operation, shape }, ...activation(name, shape)],
    parameters: [kernel.name, ...(bias === undefined ? [] : [bias.name])],
  };
}

function pooling(
  mode: "max" | "average",
  config: Fields,
  [height, width, channels]: ImageShape,
): CompiledLayer {
  requireOneOf(config, "data_format", "channels_last", "channelsLast");
  const size = pairOf(config["pool_size"] ?? 2, "pool_size");
  const steps = pairOf(config["strides"] ?? size, "strides");
  const padding = requireOneOf(config, "padding", "valid", "same");
  const { rows, columns } = windowShape({ height, width, size, steps, padding });
  return one({ kind: "pooling", mode, size, steps, padding }, [rows, columns, channels]);
}

function zeroPadding(config: Fields, [height, width, channels]: ImageShape): CompiledLayer {
  requireOneOf(config, "data_format", "channels_last", "channelsLast");
  const padding: unknown = config["padding"] ?? 1;
  const sides: unknown[] = Array.isArray(padding) ? padding : [padding, padding];
  const [vertical, horizontal, ...rest] = sides.map((side): Pair => {
    const pair: unknown = typeof side === "number" ? [side, side] : side;
    const [before, after] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (isAmount(before) && isAmount(after)) return [before, after];
    throw new LayerRefusal(`its padding is ${JSON.stringify(padding)}`);
  });
  if (vertical === undefined || horizontal === undefined || rest.length > 0) {
    throw new LayerRefusal(`its padding is ${JSON.stringify(padding)}`);
  }
  return one({ kind: "zeroPadding", vertical, horizontal }, [
    height + vertical[0] + vertical[1],
    width + horizontal[0] + horizontal[1],
    channels,
  ]);
}

const isAmount = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0;

const ACTIVATIONS: Readonly<Record<string, ActivationName>> = {
  relu: "relu",
  gelu: "gelu",
  gelu_new: "approximateGelu",
  geluNew: "approximateGelu",
  tanh: "tanh",
  sigmoid: "sigmoid",
  softmax: "softmax",
};

function activation(value: unknown, shape: readonly number[]): Node[] {
  const name = value ?? "linear";
  if (name === "linear") return [];
  const known = typeof name === "string" ? ACTIVATIONS[name] : undefined;
  if (known === undefined) {
    throw new LayerRefusal(
      `its activation is ${JSON.stringify(asFields(name)["class_name"] ?? name)}`,
    );
  }
  return [{ operation: { kind: "activation", name: known, slope: 0 }, shape }];
}

/** `layer/kernel`, or `layer/cell/kernel` as TensorFlow names the parameters of recurrent layers. */
function parameter(
  { name, kind: layerKind, parameters }: LayerToCompile,
  kind: string,
): { readonly name: string; readonly shape: readonly number[] } {
  const exact = `${name}/${kind}`;
  for (const [full, shape] of parameters) {
    if (full === exact) return { name: full, shape };
    const parts = full.split("/");
    parts.splice(-2, 1);
    const isRecurrent = layerKind === "LSTM" || layerKind === "GRU";
    if (isRecurrent && parts.join("/") === exact) return { name: full, shape };
  }
  throw new LayerRefusal(`there is no parameter ${exact}`);
}

type ImageShape = readonly [height: number, width: number, channels: number];

function imageShape(shape: readonly number[]): ImageShape {
  const [height, width, channels] = shape;
  if (shape.length === 3) return [height!, width!, channels!];
  throw new LayerRefusal(`its input has the shape [${shape.join(", ")}]`);
}

function commonShape(inputs: LayerToCompile["inputs"]): readonly number[] {
  const [first, ...rest] = inputs.map(({ shape }) => shape);
  if (rest.length === 0 || rest.some((shape) => shape.join() !== first!.join())) {
    throw new LayerRefusal("its inputs have different shapes");
  }
  return first!;
}

function targetShape(target: unknown, shape: readonly number[]): readonly number[] {
  const size = sizeOf(shape);
  if (!Array.isArray(target) || !target.every((one) => Number.isInteger(one))) {
    throw new LayerRefusal(`its target_shape is ${JSON.stringify(target)}`);
  }
  const sizes = target as number[];
  const known = sizes.filter((one) => one !== -1).reduce((product, one) => product * one, 1);
  const filled = sizes.map((one) => (one === -1 ? size / known : one));
  if (sizeOf(filled) !== size || !filled.every((one) => Number.isInteger(one) && one > 0)) {
    throw new LayerRefusal(`its target_shape is [${sizes.join(", ")}] for [${shape.join(", ")}]`);
  }
  return filled;
}

const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((size, length) => size * length, 1);
