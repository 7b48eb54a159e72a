import * as tf from "@tensorflow/tfjs";
import { runKernel, type WasmCall } from "./wasm-call.ts";

/**
 * Gradient of a convolution with respect to its filter (kernel `Conv2DBackpropFilter`): the windows of the input laid
 * out as rows, transposed and multiplied with the output's gradient.
 * Inputs are `x` [batch, height, width, in] and `dy` [batch, outHeight, outWidth, out], both float32 NHWC.
 * @returns [filterHeight, filterWidth, in, out].
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
  // Views of the wasm memory hold only until something is allocated: take both after the last allocation.
  layOutWindows(
    backend.typedArrayFromHeap(x) as Float32Array,
    backend.typedArrayFromHeap(windows) as Float32Array,
    convolution,
  );
  const gradient = runKernel("BatchMatMul", {
    inputs: {
      a: windows,
      b: { dataId: dy.dataId, shape: [rows, outChannels], dtype: "float32" },
    },
    attrs: { transposeA: true, transposeB: false },
    backend,
  });
  backend.disposeData(windows.dataId);
  return { ...gradient, shape: convolution.filterShape };
}

/** im2col: each row gets the input values that one output position sees, zero outside the input. */
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
        // The part of the window's line that lies inside the input, in columns of the window.
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
