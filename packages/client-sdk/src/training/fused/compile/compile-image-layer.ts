// Compiles layers over images and sequences. Images have the shape [height, width, channels] and
// sequences [moments, channels], which Keras calls channels_last; models in the other order are
// refused. A sequence counts as an image of one row.
import {
  LayerRefusal,
  pairOf,
  requireAbsent,
  requireChannelsLast,
  requireOneOf,
  requireSizeOf,
  sizeField,
  type Fields,
} from "./layer-config.ts";
import type { Pair } from "./layer-node.ts";
import {
  one,
  parameter,
  requireAxes,
  type CompiledLayer,
  type LayerCompiler,
  type LayerToCompile,
} from "./layer-to-compile.ts";
import { weighted } from "./weighted-layer.ts";
import { imageOf, windowShape, type WindowShape } from "./window-shape.ts";

/** The number of axes that windows move along: 1 over sequences, 2 over images. */
type Rank = 1 | 2;

/** Compiles a Conv1D or a Conv2D. */
function convolution(rank: Rank, layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  if (rank === 1 && layer.config["padding"] === "causal") return causal(layer, shape);
  const config = filterConfig(rank, layer.config);
  const kernel = filterOf(rank, layer, "kernel", [...config.size, channelsOf(rank, shape)]);
  const { depth } = kernel;
  requireSizeOf(layer.config, "filters", depth);
  const output = shapeOf(rank, windowsOver(shape, config), depth);
  return weighted(layer, kernel, [depth], output, (bias) => ({
    operation: { kind: "convolution", kernel: kernel.name, bias, ...config, depth },
    activation: layer.config["activation"],
  }));
}

/** Compiles a Conv1D that sees no later moments: the whole of its padding precedes the sequence. */
function causal(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const config = { ...layer.config, padding: "valid" };
  const { size, dilation } = filterConfig(1, config);
  const before = (size[1] - 1) * dilation[1];
  const [moments, channels] = requireAxes(shape, 2);
  const padded = [moments! + before, channels!];
  const operation = { kind: "zeroPadding", vertical: [0, 0], horizontal: [before, 0] } as const;
  const { nodes, ...made } = convolution(1, { ...layer, config }, padded);
  return { ...made, nodes: [{ operation, shape: padded }, ...nodes] };
}

/** Compiles a DepthwiseConv2D. */
function depthwise(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const config = filterConfig(2, layer.config);
  const channels = channelsOf(2, shape);
  const kernel = filterOf(2, layer, "depthwise_kernel", [...config.size, channels]);
  // Each channel has this many outputs of its own, which lie side by side.
  const { depth } = kernel;
  requireSizeOf(layer.config, "depth_multiplier", depth);
  const output = shapeOf(2, windowsOver(shape, config), channels * depth);
  return weighted(layer, kernel, [channels * depth], output, (bias) => ({
    operation: { kind: "depthwise", kernel: kernel.name, bias, ...config, depth },
    activation: layer.config["activation"],
  }));
}

/** Compiles a SeparableConv2D: a depthwise convolution, and one of single pixels behind it. */
function separable(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const config = filterConfig(2, layer.config);
  const channels = channelsOf(2, shape);
  const own = filterOf(2, layer, "depthwise_kernel", [...config.size, channels]);
  requireSizeOf(layer.config, "depth_multiplier", own.depth);
  const between = shapeOf(2, windowsOver(shape, config), channels * own.depth);
  const across = filterOf(2, layer, "pointwise_kernel", [1, 1, channels * own.depth]);
  const { depth } = across;
  requireSizeOf(layer.config, "filters", depth);
  const pointwise = weighted(layer, across, [depth], [...between.slice(0, -1), depth], (bias) => ({
    operation: {
      ...{ kind: "convolution", kernel: across.name, bias, size: [1, 1], steps: [1, 1] },
      ...{ padding: "valid", dilation: [1, 1], depth },
    },
    activation: layer.config["activation"],
  }));
  const first = {
    operation: {
      ...({ kind: "depthwise", kernel: own.name, bias: undefined, ...config } as const),
      depth: own.depth,
    },
    shape: between,
  };
  return {
    nodes: [first, ...pointwise.nodes],
    parameters: [own.name, ...pointwise.parameters],
  };
}

/** Compiles a Conv2DTranspose. */
function transposed(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const config = filterConfig(2, layer.config);
  requireAbsent(layer.config, "output_padding");
  if (config.dilation.some((rate) => rate > 1)) throw new LayerRefusal("it is dilated");
  const [height, width, channels] = requireAxes(shape, 3);
  const kernel = parameter(layer, "kernel");
  const filters = kernel.shape[2]!;
  const expected = [...config.size, filters, channels!];
  if (kernel.shape.join() !== expected.join()) {
    throw new LayerRefusal(`its kernel is [${kernel.shape.join(", ")}] for ${channels} channels`);
  }
  requireSizeOf(layer.config, "filters", filters);
  // As many pixels as a convolution over them would need to give the input.
  const grown = (length: number, axis: 0 | 1): number =>
    length * config.steps[axis] +
    (config.padding === "valid" ? Math.max(config.size[axis] - config.steps[axis], 0) : 0);
  const output = [grown(height!, 0), grown(width!, 1), filters];
  return weighted(layer, kernel, [filters], output, (bias) => ({
    operation: {
      ...{ kind: "transposedConvolution", kernel: kernel.name, bias, ...config },
      depth: channels!,
    },
    activation: layer.config["activation"],
  }));
}

/** What all layers with a filter have in their configuration. */
interface FilterConfig {
  readonly size: Pair;
  readonly steps: Pair;
  readonly padding: "same" | "valid";
  readonly dilation: Pair;
}

function filterConfig(rank: Rank, config: Fields): FilterConfig {
  requireChannelsLast(config);
  const steps = along(rank, config["strides"] ?? 1, "strides");
  const dilation = along(rank, config["dilation_rate"] ?? 1, "dilation_rate");
  const isOne = ([first, second]: Pair): boolean => first === 1 && second === 1;
  if (!isOne(steps) && !isOne(dilation)) throw new LayerRefusal("it is dilated and has strides");
  return {
    ...{ size: along(rank, config["kernel_size"], "kernel_size"), steps, dilation },
    padding: requireOneOf(config, "padding", "valid", "same"),
  };
}

/** Reads a number for each axis that windows move along. */
function along(rank: Rank, value: unknown, field: string): Pair {
  return rank === 2 ? pairOf(value, field) : [1, sizeField(value, field)];
}

/**
 * Finds the filter of a layer. The shape of the parameter is the truth; what the configuration says
 * besides must agree with it.
 * @param sizes - All sizes of the filter but the last one, which is its depth.
 */
function filterOf(
  rank: Rank,
  layer: LayerToCompile,
  kind: string,
  sizes: readonly number[],
): { readonly name: string; readonly depth: number } {
  const { name, shape } = parameter(layer, kind);
  // The filter of a sequence has no height.
  const expected = rank === 2 ? sizes : sizes.slice(1);
  const depth = shape.at(-1)!;
  if (shape.join() === [...expected, depth].join()) return { name, depth };
  throw new LayerRefusal(`its kernel is [${shape.join(", ")}] for ${sizes.at(-1)} channels`);
}

const channelsOf = (rank: Rank, shape: readonly number[]): number =>
  requireAxes(shape, rank + 1).at(-1)!;

/** How windows lie over an image or a sequence. */
function windowsOver(
  shape: readonly number[],
  windows: Omit<FilterConfig, "dilation"> & { readonly dilation?: Pair },
): WindowShape {
  const [height, width] = imageOf(shape);
  return windowShape({ ...windows, height, width });
}

const shapeOf = (rank: Rank, { rows, columns }: WindowShape, channels: number): number[] =>
  rank === 2 ? [rows, columns, channels] : [columns, channels];

/** Makes the compiler of a pooling layer. */
const pooling =
  (rank: Rank, mode: "max" | "average"): LayerCompiler =>
  ({ config }, shape) => {
    requireChannelsLast(config);
    const channels = channelsOf(rank, shape);
    const size = along(rank, config["pool_size"] ?? 2, "pool_size");
    // Without strides, windows lie side by side.
    const steps = along(rank, config["strides"] ?? config["pool_size"] ?? 2, "strides");
    const padding = requireOneOf(config, "padding", "valid", "same");
    return one(
      { kind: "pooling", mode, size, steps, padding },
      shapeOf(rank, windowsOver(shape, { size, steps, padding }), channels),
    );
  };

/** Makes the compiler of a pooling layer with one window that covers everything. */
const globalPooling =
  (rank: Rank, mode: "max" | "average"): LayerCompiler =>
  ({ config, mask }, shape) => {
    requireChannelsLast(config);
    const channels = channelsOf(rank, shape);
    const [height, width] = imageOf(shape);
    const size: Pair = [height, width];
    const kept = requireOneOf(config, "keepdims", false, true)
      ? Array.from({ length: rank }, () => 1)
      : [];
    const pooled = [...kept, channels];
    if (mask !== undefined) {
      const mean = { operation: { kind: "countedMean" }, shape: pooled, reads: [0, mask] } as const;
      return { nodes: [mean], parameters: [] };
    }
    return one({ kind: "pooling", mode, size, steps: size, padding: "valid" }, pooled);
  };

/** The layers that move windows over images and sequences. */
export const IMAGE_LAYERS: Readonly<Record<string, LayerCompiler>> = {
  Conv1D: (layer, shape) => convolution(1, layer, shape),
  Conv2D: (layer, shape) => convolution(2, layer, shape),
  Conv2DTranspose: transposed,
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
  MaxPooling1D: pooling(1, "max"),
  MaxPooling2D: pooling(2, "max"),
  AveragePooling1D: pooling(1, "average"),
  AveragePooling2D: pooling(2, "average"),
  GlobalMaxPooling1D: globalPooling(1, "max"),
  GlobalMaxPooling2D: globalPooling(2, "max"),
  GlobalAveragePooling1D: globalPooling(1, "average"),
  GlobalAveragePooling2D: globalPooling(2, "average"),
};
