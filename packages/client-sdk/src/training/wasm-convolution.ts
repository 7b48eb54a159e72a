import * as tf from "@tensorflow/tfjs";
import { runKernel, type WasmCall } from "./wasm-call.ts";

/**
 * Computes the gradient of a convolution with respect to its filter (kernel
 * `Conv2DBackpropFilter`). The windows of the input are laid out as the rows of a matrix; its
 * transpose times the gradient of the output is the result.
 *
 * The inputs are `x` [batch, height, width, in] and `dy` [batch, outHeight, outWidth, out], both
 * float32 NHWC.
 * @returns New tensor, shape [filterHeight, filterWidth, in, out].
 */
export function convolutionFilterGradient({ inputs, attrs, backend }: WasmCall): tf.TensorInfo {
  const { x, dy } = inputs as { x: tf.TensorInfo; dy: tf.TensorInfo };
  const convolution = tf.backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    attrs["filterShape"] as [number, number, number, number],
    attrs["strides"] as [number, number],
    1,
    attrs["pad"] as "valid" | "same" | number,
    attrs["dimRoundingMode"] as "floor" | "round" | "ceil" | undefined,
  );
  const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels } =
    convolution;
  const rows = batchSize * outHeight * outWidth;
  const rowSize = filterHeight * filterWidth * inChannels;
  const windows = backend.makeOutput([rows, rowSize], "float32");
  // Views of the WebAssembly memory are valid only until the next allocation. So both are taken
  // after the last one.
  layOutWindows(
    backend.typedArrayFromHeap(x) as Float32Array,
    backend.typedArrayFromHeap(windows) as Float32Array,
    convolution,
  );
  // The larger factor is the one that is transposed here. As the second factor, it would be
  // repacked for the product, which takes longer.
  const gradient = runKernel("BatchMatMul", {
    inputs: { a: windows, b: { ...dy, shape: [rows, outChannels] } },
    attrs: { transposeA: true, transposeB: false },
    backend,
  });
  backend.disposeData(windows.dataId);
  return { ...gradient, shape: convolution.filterShape };
}

/**
 * Computes the gradient of a convolution without strides with respect to its input (kernel
 * `Conv2DBackpropInput`). It is the convolution of the output's gradient with the filter rotated by
 * 180°, over a frame that is as wide as the filter reaches.
 *
 * The inputs are `dy` [batch, outHeight, outWidth, out] and `filter` [height, width, in, out], both
 * float32 NHWC.
 * @returns New tensor, shape [batch, inHeight, inWidth, in].
 */
export function convolutionInputGradient({ inputs, attrs, backend }: WasmCall): tf.TensorInfo {
  const { dy, filter } = inputs as { dy: tf.TensorInfo; filter: tf.TensorInfo };
  const { padInfo, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } =
    tf.backend_util.computeConv2DInfo(
      attrs["inputShape"] as [number, number, number, number],
      filter.shape as [number, number, number, number],
      attrs["strides"] as [number, number],
      1,
      attrs["pad"] as "valid" | "same",
      attrs["dimRoundingMode"] as "floor" | "round" | "ceil" | undefined,
    );
  const run = (name: string, named: WasmCall["inputs"], attributes: object): tf.TensorInfo =>
    runKernel(name, { inputs: named, attrs: { ...attributes }, backend });
  const top = filterHeight - 1 - padInfo.top;
  const left = filterWidth - 1 - padInfo.left;
  // Input rows and columns that no window reaches make the frame wider at the bottom and on the
  // right.
  const bottom = inHeight - outHeight + filterHeight - 1 - top;
  const right = inWidth - outWidth + filterWidth - 1 - left;
  const paddings = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  const framed = run("PadV2", { x: dy }, { paddings, constantValue: 0 });
  const turned = run("Reverse", { x: filter }, { dims: [0, 1] });
  const swapped = run("Transpose", { x: turned }, { perm: [0, 1, 3, 2] });
  const gradient = run(
    "Conv2D",
    { x: framed, filter: swapped },
    { strides: [1, 1], pad: "valid", dataFormat: "NHWC", dilations: [1, 1] },
  );
  for (const { dataId } of [framed, turned, swapped]) backend.disposeData(dataId);
  return gradient;
}

/**
 * Writes the windows of the input as rows (im2col). Each row gets the input values that one output
 * position sees, and zeros for what lies outside the input.
 * @param windows - Overwritten, shape [batch · outHeight · outWidth, filterHeight · filterWidth ·
 *   in].
 */
function layOutWindows(
  input: Float32Array,
  windows: Float32Array,
  convolution: tf.backend_util.Conv2DInfo,
): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth } = convolution;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = convolution;
  let filled = 0;
  for (let image = 0; image < batchSize; image++) {
    for (let outY = 0; outY < outHeight; outY++) {
      for (let outX = 0; outX < outWidth; outX++) {
        const left = outX * strideWidth - padInfo.left;
        // The window's columns `first` to `end − 1` lie inside the input.
        const first = Math.min(filterWidth, Math.max(0, -left));
        const end = Math.max(first, Math.min(filterWidth, inWidth - left));
        for (let filterY = 0; filterY < filterHeight; filterY++) {
          const y = outY * strideHeight - padInfo.top + filterY;
          const line = filled;
          filled += filterWidth * inChannels;
          if (y < 0 || y >= inHeight) {
            windows.fill(0, line, filled);
            continue;
          }
          windows.fill(0, line, line + first * inChannels);
          windows.fill(0, line + end * inChannels, filled);
          const from = ((image * inHeight + y) * inWidth + left) * inChannels;
          const count = (end - first) * inChannels;
          const source = from + first * inChannels;
          const target = line + first * inChannels;
          for (let i = 0; i < count; i++) windows[target + i] = input[source + i]!;
        }
      }
    }
  }
}
