// Compiles layers that bring values into another order, repeat them or leave some out. A reshape
// keeps all values where they are; everything else becomes copies.
import { shapeSize } from "@tributary/protocol";
import { copiesOf, stridesOf } from "./axis-copies.ts";
import { isSize, LayerRefusal, pairOf, requireChannelsLast, requireOneOf } from "./layer-config.ts";
import type { Copy, Pair } from "./layer-node.ts";
import { imageShape, one, type CompiledLayer, type LayerCompiler } from "./layer-to-compile.ts";

/** A layer that becomes copies of its input. */
const arranged = (copies: readonly Copy[], shape: readonly number[]): CompiledLayer =>
  one({ kind: "arrange", copies }, shape);

/** The layers that bring values into another order. */
export const ARRANGEMENT_LAYERS: Readonly<Record<string, LayerCompiler>> = {
  // Flattening keeps the order of the values in memory, as long as channels come last.
  Flatten: ({ config }, shape) => {
    requireChannelsLast(config);
    return one({ kind: "reshape" }, [shapeSize(shape)]);
  },
  Reshape: ({ config }, shape) =>
    one({ kind: "reshape" }, targetShape(config["target_shape"], shape)),
  Permute: ({ config }, shape) => {
    const dims: unknown = config["dims"];
    // Axes are counted from 1, because 0 is the axis of the examples.
    const order = Array.isArray(dims) ? dims.map((axis: unknown) => Number(axis) - 1) : [];
    if ([...order].sort((a, b) => a - b).join() !== shape.map((_, axis) => axis).join()) {
      throw new LayerRefusal(`its dims are ${JSON.stringify(dims)}`);
    }
    const permuted = order.map((axis) => shape[axis]!);
    const [from, to] = [stridesOf(shape), stridesOf(permuted)];
    const axes = order.map((axis, place) => ({
      ...{ size: permuted[place]!, from: from[axis]!, to: to[place]! },
    }));
    return arranged(copiesOf(0, axes), permuted);
  },
  RepeatVector: ({ config }, shape) => {
    const times: unknown = config["n"];
    const [width] = shape;
    if (!isSize(times) || shape.length !== 1) {
      throw new LayerRefusal(`it repeats [${shape.join(", ")}] ${JSON.stringify(times)} times`);
    }
    const axes = [
      { size: times, from: 0, to: width! },
      { size: width!, from: 1, to: 1 },
    ];
    return arranged(copiesOf(0, axes), [times, width!]);
  },
  UpSampling2D: ({ config }, shape) => {
    requireChannelsLast(config);
    requireOneOf(config, "interpolation", "nearest");
    const [down, across] = pairOf(config["size"] ?? 2, "size");
    const [height, width, channels] = imageShape(shape);
    const line = width * across * channels;
    // Each pixel is copied to a block of pixels.
    const axes = [
      { size: height, from: width * channels, to: down * line },
      { size: down, from: 0, to: line },
      { size: width, from: channels, to: across * channels },
      { size: across, from: 0, to: channels },
      { size: channels, from: 1, to: 1 },
    ];
    return arranged(copiesOf(0, axes), [height * down, width * across, channels]);
  },
  Cropping2D: ({ config }, shape) => {
    requireChannelsLast(config);
    const [height, width, channels] = imageShape(shape);
    const [vertical, horizontal] = edgesOf(config["cropping"] ?? 0, "cropping");
    const rows = height - vertical[0] - vertical[1];
    const columns = width - horizontal[0] - horizontal[1];
    if (rows < 1 || columns < 1) throw new LayerRefusal("it cuts off the whole image");
    const axes = [
      { size: rows, from: width * channels, to: columns * channels },
      { size: columns * channels, from: 1, to: 1 },
    ];
    const from = (vertical[0] * width + horizontal[0]) * channels;
    return arranged(copiesOf(0, axes, { from, to: 0 }), [rows, columns, channels]);
  },
  ZeroPadding2D: ({ config }, shape) => {
    requireChannelsLast(config);
    const [height, width, channels] = imageShape(shape);
    const [vertical, horizontal] = edgesOf(config["padding"] ?? 1, "padding");
    return one({ kind: "zeroPadding", vertical, horizontal }, [
      height + vertical[0] + vertical[1],
      width + horizontal[0] + horizontal[1],
      channels,
    ]);
  },
};

/**
 * Reads how much is added or cut off at the edges of an image: one number, one for each axis, or two
 * for each axis.
 * @returns Those at the top and at the bottom, and those on the left and on the right.
 */
function edgesOf(value: unknown, field: string): readonly [Pair, Pair] {
  const refusal = new LayerRefusal(`its ${field} is ${JSON.stringify(value)}`);
  // One number stands for both axes. Within an axis, one number stands for both sides.
  const sides: unknown[] = Array.isArray(value) ? value : [value, value];
  const [vertical, horizontal, ...rest] = sides.map((side): Pair => {
    const pair: unknown = typeof side === "number" ? [side, side] : side;
    const [before, after, ...more] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (isAmount(before) && isAmount(after) && more.length === 0) return [before, after];
    throw refusal;
  });
  if (vertical === undefined || horizontal === undefined || rest.length > 0) throw refusal;
  return [vertical, horizontal];
}

/** Whether a value is a whole number of at least 0. */
const isAmount = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0;

/** The shape that a Reshape gives. One of its sizes may be −1, which stands for what is left. */
function targetShape(target: unknown, shape: readonly number[]): readonly number[] {
  const size = shapeSize(shape);
  if (!Array.isArray(target) || !target.every((one) => Number.isInteger(one))) {
    throw new LayerRefusal(`its target_shape is ${JSON.stringify(target)}`);
  }
  const sizes = target as number[];
  const known = shapeSize(sizes.filter((one) => one !== -1));
  // The size that stands for −1 follows from the number of values.
  const filled = sizes.map((one) => (one === -1 ? size / known : one));
  if (shapeSize(filled) !== size || !filled.every((one) => Number.isInteger(one) && one > 0)) {
    throw new LayerRefusal(`its target_shape is [${sizes.join(", ")}] for [${shape.join(", ")}]`);
  }
  return filled;
}
