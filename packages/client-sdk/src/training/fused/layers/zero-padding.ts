import type { LayerOperation } from "../compile/layer-node.ts";
import { imageOf } from "../compile/window-shape.ts";
import type { Images } from "../kernels/image-kernels.ts";
import { NO_OPERATIONS, type FusedLayer, type LayerContext } from "./layer.ts";

/**
 * Builds a layer that puts zeros around its images or sequences. The zeros have no gradient, so the way
 * backwards cuts them off again.
 */
export function zeroPaddingLayer({
  kernels,
  operation: { vertical, horizontal },
  inputs: [input],
  output,
}: LayerContext<Extract<LayerOperation, { kind: "zeroPadding" }>>): FusedLayer {
  // The numbers of rows and columns before the image. Those after it follow from the shapes.
  const placement = { top: vertical[0], left: horizontal[0], stepY: 1, stepX: 1 };
  const x = imagesOf(input.values, input.shape);
  const y = imagesOf(output.values, output.shape);
  const dx = imagesOf(input.gradient, input.shape);
  const dy = imagesOf(output.gradient, output.shape);
  return {
    operations: NO_OPERATIONS,
    forward: (count) => kernels.placeImages(x, y, placement, count),
    backward(count) {
      if (input.gradient !== 0) kernels.cropImages(dy, dx, placement, count);
    },
  };
}

/** Describes images at an address by the shape of one of them. */
function imagesOf(at: Images["at"], shape: readonly number[]): Images {
  const [height, width, channels] = imageOf(shape);
  return { at, height, width, channels };
}
