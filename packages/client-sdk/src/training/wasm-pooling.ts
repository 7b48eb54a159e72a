import * as tf from "@tensorflow/tfjs";
import type { WasmCall } from "./wasm-call.ts";

/**
 * Computes the gradient of max pooling (kernel `MaxPoolGrad`): each window passes its gradient to
 * its largest value, to the first one when several are equal. The shipped kernel passes on nothing
 * where the largest value is not positive, so that layers before a pooling learn wrongly unless
 * they end in a ReLU.
 *
 * The inputs are `input` [batch, height, width, channels] and `dy` [batch, outHeight, outWidth,
 * channels], both float32.
 * @returns New tensor of the shape of `input`.
 */
export function maxPoolGradient({ inputs, attrs, backend }: WasmCall): tf.TensorInfo {
  const { input, dy } = inputs as { input: tf.TensorInfo; dy: tf.TensorInfo };
  const pool = tf.backend_util.computePool2DInfo(
    input.shape as [number, number, number, number],
    attrs["filterSize"] as [number, number],
    attrs["strides"] as [number, number],
    1,
    attrs["pad"] as "valid" | "same" | number,
    attrs["dimRoundingMode"] as "floor" | "round" | "ceil" | undefined,
  );
  const gradient = backend.makeOutput(input.shape, "float32");
  // Views of the WebAssembly memory are valid only until the next allocation. So they are taken
  // after the last one.
  const target = backend.typedArrayFromHeap(gradient) as Float32Array;
  const values = backend.typedArrayFromHeap(input) as Float32Array;
  const arriving = backend.typedArrayFromHeap(dy) as Float32Array;
  target.fill(0);
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth } = pool;
  const { filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = pool;
  let output = 0;
  for (let image = 0; image < batchSize; image++) {
    for (let outY = 0; outY < outHeight; outY++) {
      const y = outY * strideHeight - padInfo.top;
      const top = Math.max(0, y);
      const bottom = Math.min(inHeight, y + filterHeight);
      for (let outX = 0; outX < outWidth; outX++) {
        const x = outX * strideWidth - padInfo.left;
        const left = Math.max(0, x);
        const right = Math.min(inWidth, x + filterWidth);
        for (let channel = 0; channel < inChannels; channel++) {
          let largest = Number.NEGATIVE_INFINITY;
          let place = -1;
          for (let row = top; row < bottom; row++) {
            for (let column = left; column < right; column++) {
              const index = ((image * inHeight + row) * inWidth + column) * inChannels + channel;
              const value = values[index]!;
              if (value > largest) {
                largest = value;
                place = index;
              }
            }
          }
          if (place >= 0) target[place]! += arriving[output]!;
          output++;
        }
      }
    }
  }
  return gradient;
}
