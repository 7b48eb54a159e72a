import type { WindowOperation } from "../compile/layer-node.ts";
import type { WindowShape } from "../compile/window-shape.ts";
import type { Arrangement, Axes } from "../kernels/arrangement-kernels.ts";
import type { LayerContext, NodeParameter } from "./layer.ts";

/** A filter with the gaps of its dilation. Without dilation it is the parameter itself. */
export interface DilatedKernel {
  readonly kernel: NodeParameter;
  /** Brings the values of the parameter into the filter. */
  readonly place: () => void;
  /** Brings the gradient of the filter into that of the parameter. */
  readonly gather: () => void;
}

/**
 * Lays out the filter of a convolution. One that is dilated becomes a larger one, which is zero
 * between its weights, so that all kernels treat it like any other.
 * @param channels - How many channels the images have that the filter moves over.
 */
export function dilatedKernel(
  { kernels, operation, parameter, allocate }: LayerContext<WindowOperation>,
  { size: [height, width] }: WindowShape,
  channels: number,
): DilatedKernel {
  const { kernel: name, size, dilation, depth } = operation;
  const weights = parameter(name);
  if (dilation[0] === 1 && dilation[1] === 1) {
    return { kernel: weights, place: () => {}, gather: () => {} };
  }
  const taps = channels * depth;
  const whole = height * width * taps;
  const kernel: NodeParameter = {
    values: allocate(whole),
    gradient: weights.gradient === 0 ? 0 : allocate(whole),
  };
  const sizes: Axes = [size[0], size[1], taps];
  const dense = (at: number): Arrangement => ({ at, strides: [0, size[1] * taps, taps, 1] });
  const apart = (at: number): Arrangement => ({
    ...{ at, strides: [0, dilation[0] * width * taps, dilation[1] * taps, 1] },
  });
  return {
    kernel,
    place() {
      kernels.fill(kernel.values, whole, 0);
      kernels.arrange(dense(weights.values), apart(kernel.values), sizes, 1);
    },
    gather() {
      if (weights.gradient === 0) return;
      kernels.arrange(apart(kernel.gradient), dense(weights.gradient), sizes, 1);
    },
  };
}
