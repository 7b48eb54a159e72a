// Compiles layers over images. Images have the shape [height, width, channels], which Keras calls
// channels_last; models in the other order are refused.
import {
  LayerRefusal,
  pairOf,
  requireAbsent,
  requireChannelsLast,
  requireOneOf,
  requireSizeOf,
  type Fields,
} from "./layer-config.ts";
import type { Pair } from "./layer-node.ts";
import {
  imageShape,
  one,
  parameter,
  type CompiledLayer,
  type ImageShape,
  type LayerCompiler,
  type LayerToCompile,
} from "./layer-to-compile.ts";
import { weighted } from "./weighted-layer.ts";
import { windowShape } from "./window-shape.ts";

/** Compiles a Conv2D. */
function convolution(layer: LayerToCompile, image: ImageShape): CompiledLayer {
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

/** Compiles a DepthwiseConv2D. */
function depthwise(layer: LayerToCompile, image: ImageShape): CompiledLayer {
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
  requireChannelsLast(config);
  // A dilated filter leaves out pixels between its weights. No kernel here does that.
  const dilation = pairOf(config["dilation_rate"] ?? 1, "dilation_rate");
  if (dilation[0] !== 1 || dilation[1] !== 1) throw new LayerRefusal("it is dilated");
  return {
    size: pairOf(config["kernel_size"], "kernel_size"),
    steps: pairOf(config["strides"] ?? 1, "strides"),
    padding: requireOneOf(config, "padding", "valid", "same"),
  };
}

/** Compiles a pooling layer. */
function pooling(
  mode: "max" | "average",
  config: Fields,
  [height, width, channels]: ImageShape,
): CompiledLayer {
  requireChannelsLast(config);
  const size = pairOf(config["pool_size"] ?? 2, "pool_size");
  // Without strides, windows lie side by side.
  const steps = pairOf(config["strides"] ?? size, "strides");
  const padding = requireOneOf(config, "padding", "valid", "same");
  const { rows, columns } = windowShape({ height, width, size, steps, padding });
  return one({ kind: "pooling", mode, size, steps, padding }, [rows, columns, channels]);
}

/** Compiles a pooling layer with one window that covers the image. */
function globalPooling(
  mode: "max" | "average",
  config: Fields,
  [height, width, channels]: ImageShape,
): CompiledLayer {
  requireOneOf(config, "keepdims", false);
  requireChannelsLast(config);
  const size: Pair = [height, width];
  return one({ kind: "pooling", mode, size, steps: size, padding: "valid" }, [channels]);
}

/** The layers that move windows over images. */
export const IMAGE_LAYERS: Readonly<Record<string, LayerCompiler>> = {
  Conv2D: (layer, shape) => convolution(layer, imageShape(shape)),
  DepthwiseConv2D: (layer, shape) => depthwise(layer, imageShape(shape)),
  MaxPooling2D: ({ config }, shape) => pooling("max", config, imageShape(shape)),
  AveragePooling2D: ({ config }, shape) => pooling("average", config, imageShape(shape)),
  GlobalMaxPooling2D: ({ config }, shape) => globalPooling("max", config, imageShape(shape)),
  GlobalAveragePooling2D: ({ config }, shape) =>
    globalPooling("average", config, imageShape(shape)),
};
