// How ONNX is told where the windows of a filter, or of pooling, lie over an image.
import type { Pair } from "../../fused/compile/layer-node.ts";
import { imageOf, windowShape } from "../../fused/compile/window-shape.ts";
import type { Attributes } from "../onnx/graph-writer.ts";

/** What says where windows lie. */
interface WindowSettings {
  readonly size: Pair;
  readonly steps: Pair;
  readonly padding: "same" | "valid";
  readonly dilation?: Pair;
}

/** The windows over an image. */
export interface Windows {
  readonly image: Pair;
  /** The number of windows from top to bottom, and from left to right. */
  readonly counts: Pair;
  readonly size: Pair;
  readonly steps: Pair;
  readonly dilation: Pair;
  /** The height and width of a window, with its gaps. */
  readonly span: Pair;
  /** The padding at the top, on the left, at the bottom and on the right. */
  readonly pads: readonly [number, number, number, number];
  /** These windows as the attributes of an operator. */
  readonly attributes: Attributes;
}

/** Lays windows over images of a shape. */
export function windowsOver(shape: readonly number[], settings: WindowSettings): Windows {
  const [height, width] = imageOf(shape);
  const { size, steps, dilation = [1, 1] } = settings;
  const window = windowShape({ ...settings, height, width });
  const { top, left, rows, columns, paddedHeight, paddedWidth } = window;
  const pads = [top, left, paddedHeight - height - top, paddedWidth - width - left] as const;
  return {
    ...{ image: [height, width], counts: [rows, columns], size, steps, dilation },
    ...{ span: window.size, pads },
    attributes: { kernel_shape: size, strides: steps, pads },
  };
}

/** @returns The attributes of a filter. Pooling has no gaps to name. */
export const filterAttributes = ({ attributes, dilation }: Windows): Attributes => ({
  ...{ ...attributes, dilations: dilation },
});

/**
 * @returns The attributes of an operator that goes from the windows back to the image: it adds up
 *   what each window gives to its pixels.
 */
export function backwardAttributes(windows: Windows): Attributes {
  const { image, counts, steps, span, pads } = windows;
  const reached = (axis: 0 | 1): number =>
    (counts[axis] - 1) * steps[axis] + span[axis] - pads[axis] - pads[axis + 2]!;
  return {
    ...filterAttributes(windows),
    output_padding: [image[0] - reached(0), image[1] - reached(1)],
  };
}
