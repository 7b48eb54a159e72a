// Compiles layers over images. Images have the shape [height, width, channels], which Keras calls
// channels_last; models in the other order are refused.
import {
  LayerRefusal,
  pairOf,
  requireAbsent,
  requireOneOf,
  requireSizeOf,
  type Fields,
} from "./layer-config.ts";
import type { Pair } from "./layer-node.ts";
import {
  one,
  parameter,
  weighted,
  type CompiledLayer,
  type ImageShape,
  type LayerToCompile,
} from "./layer-to-compile.ts";
import { windowShape } from "./window-shape.ts";

/** Compiles a Conv2D. @throws LayerRefusal when the fused trainer cannot take it. */
export function convolution(layer: LayerToCompile, image: ImageShape): CompiledLayer {
  const [height, width, channels] = image;
  const { size, steps, padding } = filterConfig(layer.config);
  const kernel = parameter(layer, "kernel");
  // The shape of the kernel is the truth. What the configuration says besides must agree with it.
  const filters = kernel.shape[3]!;
  const expected = [...size, channels, filters];
  if (kernel.shape.join() !== expected.join()) {
    throw new LayerRefusal(`its kernel is [${kernel.shape.join(", ")}] for ${channels} channels`);
  }
  requireSizeOf(layer.config, "filters", filters);
  const { rows, columns } = windowShape({ height, width, size, steps, padding });
  return weighted(layer, kernel, filters, [rows, columns, filters], (bias) => ({
    operation: { kind: "convolution", kernel: kernel.name, bias, size, steps, padding },
    activation: layer.config["activation"],
  }));
}

/** Compiles a DepthwiseConv2D. @throws LayerRefusal when the fused trainer cannot take it. */
export function depthwise(layer: LayerToCompile, image: ImageShape): CompiledLayer {
  const [height, width, channels] = image;
  const { size, steps, padding } = filterConfig(layer.config);
  requireAbsent(layer.config, "depthwise_regularizer", "depthwise_constraint");
  const kernel = parameter(layer, "depthwise_kernel");
  // Each channel has this many outputs of its own, which lie side by side.
  const multiplier = kernel.shape[3]!;
  const expected = [...size, channels, multiplier];
  if (kernel.shape.join() !== expected.join()) {
    throw new LayerRefusal(`its kernel is [${kernel.shape.join(", ")}] for ${channels} channels`);
  }
  requireSizeOf(layer.config, "depth_multiplier", multiplier);
  const outputs = channels * multiplier;
  const { rows, columns } = windowShape({ height, width, size, steps, padding });
  return weighted(layer, kernel, outputs, [rows, columns, outputs], (bias) => ({
    operation: { kind: "depthwise", kernel: kernel.name, bias, size, steps, padding },
    activation: layer.config["activation"],
  }));
}

/** Reads what all layers with a filter have in their configuration. */
function filterConfig(config: Fields): { size: Pair; steps: Pair; padding: "same" | "valid" } {
  requireOneOf(config, "data_format", "channels_last", "channelsLast");
  // A dilated filter leaves out pixels between its weights. No kernel here does that.
  const dilation = pairOf(config["dilation_rate"] ?? 1, "dilation_rate");
  if (dilation[0] !== 1 || dilation[1] !== 1) throw new LayerRefusal("it is dilated");
  return {
    size: pairOf(config["kernel_size"], "kernel_size"),
    steps: pairOf(config["strides"] ?? 1, "strides"),
    padding: requireOneOf(config, "padding", "valid", "same"),
  };
}

/** Compiles a pooling layer. @throws LayerRefusal when the fused trainer cannot take it. */
export function pooling(
  mode: "max" | "average",
  config: Fields,
  [height, width, channels]: ImageShape,
): CompiledLayer {
  requireOneOf(config, "data_format", "channels_last", "channelsLast");
  const size = pairOf(config["pool_size"] ?? 2, "pool_size");
  // Without strides, windows lie side by side.
  const steps = pairOf(config["strides"] ?? size, "strides");
  const padding = requireOneOf(config, "padding", "valid", "same");
  const { rows, columns } = windowShape({ height, width, size, steps, padding });
  return one({ kind: "pooling", mode, size, steps, padding }, [rows, columns, channels]);
}

/**
 * Compiles a ZeroPadding2D. Its padding is one number, one for each axis, or two for each axis.
 * @throws LayerRefusal when the padding is anything else.
 */
export function zeroPadding(config: Fields, [height, width, channels]: ImageShape): CompiledLayer {
  requireOneOf(config, "data_format", "channels_last", "channelsLast");
  const padding: unknown = config["padding"] ?? 1;
  // One number stands for both axes. Within an axis, one number stands for both sides.
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

/** Whether a value is a whole number of at least 0. */
const isAmount = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0;
