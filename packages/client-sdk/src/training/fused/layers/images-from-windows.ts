import type { WindowOperation } from "../compile/layer-node.ts";
import type { Address } from "@tributary/protocol";
import type { Images } from "../kernels/image-kernels.ts";
import { inPanels } from "../kernels/multiply-kernels.ts";
import type { ImageWindows } from "./image-windows.ts";
import type { LayerContext } from "./layer.ts";

/** What the windows of a filter give to the images that they lie over. */
interface WindowGifts {
  /** One pixel with so many values for each window. */
  readonly from: Address;
  readonly outputs: number;
  /** What each pixel of the images begins with: one value for each channel, or 0 for none. */
  readonly bias: Address;
  /** The images. */
  readonly to: Address;
}

/**
 * Makes a function that goes from windows back to images: each pixel of an image is the sum of what
 * all windows over it give to it. So the gradient of a convolution's input is computed, and what a
 * transposed convolution gives. It is a convolution too: of the windows' pixels, spread out by the
 * steps and padded, with the kernel turned by half a turn.
 */
export function imagesFromWindows(
  { kernels, operation, capacity, scratch }: LayerContext<WindowOperation>,
  { kernel, window, images, filter: filterAt }: ImageWindows,
  { from, outputs, bias, to }: WindowGifts,
): (count: number) => void {
  const filter = filterAt(kernel.values, outputs);
  const { rows, columns, top, left } = window;
  const { height, width, channels } = images;
  // The pixels with zeros around and between them, such that row i of the images begins at row i.
  const spreadHeight = height + filter.height - 1;
  const spreadWidth = width + filter.width - 1;
  // With a filter of one pixel and steps of one, the pixels already lie as they must.
  const isSpread = spreadHeight !== rows || spreadWidth !== columns;
  const line = spreadWidth * outputs;
  const turnedSize = filter.height * filter.width * channels * outputs;
  const packed = filter.height * filter.width * outputs * inPanels(channels);
  // The room holds, in this order: what `convolve` needs for packing, the turned filter, and the
  // spread pixels.
  const room = scratch(packed + turnedSize + (isSpread ? capacity * spreadHeight * line : 0));
  const turned = room.place(packed, {
    ...{ height: filter.height, width: filter.width, channels: outputs, outputs: channels },
  });
  const pixels: Images = { at: from, height: rows, width: columns, channels: outputs };
  const spreadShape = { height: spreadHeight, width: spreadWidth, channels: outputs };
  const spread = isSpread ? room.place(packed + turnedSize, spreadShape) : pixels;
  const placement = {
    ...{ top: filter.height - 1 - top, left: filter.width - 1 - left },
    ...{ stepY: operation.steps[0], stepX: operation.steps[1] },
  };
  // The windows move by one pixel each, whatever the steps of the layer are.
  const windows = {
    ...{ image: spreadHeight * line, row: line, column: outputs, line },
    ...{ rows: height, columns: width },
    firstLine: placement.top,
    endLine: placement.top + (rows - 1) * placement.stepY + 1,
  };
  const convolution = {
    x: isSpread ? room.place(packed + turnedSize, windows) : { ...windows, at: from },
    filter: turned,
    bias,
    y: to,
    scratch: room.place(0, {}),
  };
  return (count) => {
    kernels.flipFilter(filter, turned);
    if (isSpread) kernels.placeImages(pixels, spread, placement, count);
    kernels.convolve(convolution, count);
  };
}
