// Kernels of tfjs's wasm backend that are missing, wrong or slow when it trains. They are
// registered from outside, without a change to tfjs.
//
// In version 4.22 the backend has no gradient kernels for the filters of convolutions, for
// depthwise convolutions, or for embeddings. Its max pooling loses gradients. Its convolutions
// return zeros for some strides. And its matrix product is slow when an argument is transposed,
// which happens in every gradient.
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { convolutionFilterGradient, convolutionInputGradient } from "./wasm-convolution.ts";
import { maxPoolGradient } from "./wasm-pooling.ts";
import { runKernel, type WasmCall } from "./wasm-call.ts";

/**
 * Marks a kernel of this module. The symbol is global, so that another copy of this package
 * recognises it too.
 */
const OURS: unique symbol = Symbol.for("tributary.wasm-kernel");

/**
 * Makes the wasm backend train every model that the cpu backend can train, with the same results up
 * to rounding, and makes dense layers faster. It does nothing when called again. The backend must
 * have been initialised. The kernels affect everything in the process that uses the backend.
 */
export function registerWasmKernels(): void {
  const product = tf.getKernel("BatchMatMul", "wasm");
  if (OURS in product) return;
  replace("BatchMatMul", transposeFirst);
  replace("MaxPoolGrad", () => kernelOf(maxPoolGradient));
  // Convolutions that the backend computes wrongly run on the cpu backend; all others stay as they
  // are.
  for (const name of CONVOLUTIONS) {
    const onCpu = kernelOf(computeOnCpu(tf.getKernel(name, "cpu").kernelFunc));
    replace(name, (shipped) => (call) => (isMiscomputed(call) ? onCpu : shipped)(call));
  }
  replace(
    "Conv2DBackpropInput",
    (shipped) => (call) => (isStepwise(call) ? kernelOf(convolutionInputGradient) : shipped)(call),
  );
  register("Conv2DBackpropFilter", kernelOf(convolutionFilterGradient));
  // Everything that is still missing runs on the cpu backend.
  const present = new Set(tf.getKernelsForBackend("wasm").map(({ kernelName }) => kernelName));
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend("cpu")) {
    if (!present.has(kernelName)) register(kernelName, kernelOf(computeOnCpu(kernelFunc)));
  }
}

/** Computes one operation. */
type WasmKernel = (call: WasmCall) => tf.TensorInfo | tf.TensorInfo[];

/** Adapts a kernel to the signature that tfjs calls. */
function kernelOf(compute: WasmKernel): tf.KernelFunc {
  return ({ inputs, attrs, backend }) =>
    compute({
      inputs,
      attrs: attrs ?? {},
      backend: backend as BackendWasm,
    });
}

function register(kernelName: string, kernelFunc: tf.KernelFunc): void {
  tf.registerKernel({ kernelName, backendName: "wasm", kernelFunc });
}

/** Replaces the function of a shipped kernel. The kernel's other parts, such as its setup, stay. */
function replace(kernelName: string, change: (shipped: tf.KernelFunc) => tf.KernelFunc): void {
  const shipped = tf.getKernel(kernelName, "wasm");
  // tfjs prints a warning when a kernel is registered that exists already.
  tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel(
    Object.assign({ ...shipped }, { kernelFunc: change(shipped.kernelFunc), [OURS]: true }),
  );
}

/** The kernels that `isMiscomputed` is about. */
const CONVOLUTIONS = [
  "Conv2D",
  "FusedConv2D",
  "DepthwiseConv2dNative",
  "FusedDepthwiseConv2D",
] as const;

/**
 * Whether a convolution moves its window by one pixel at a time, so that its gradient is a
 * convolution too.
 */
function isStepwise({ attrs }: Parameters<tf.KernelFunc>[0]): boolean {
  const strides = attrs?.["strides"];
  const isOne = Array.isArray(strides) ? strides.every((stride) => stride === 1) : strides === 1;
  return isOne && (attrs?.["pad"] === "same" || attrs?.["pad"] === "valid");
}

/**
 * Whether the shipped kernel computes a convolution wrongly. With a stride longer than the filter,
 * it computes a negative padding and returns zeros (tfjs issues 5907 and 6629). With a padding
 * given in pixels, it writes past the end of its memory.
 */
function isMiscomputed({ inputs, attrs }: Parameters<tf.KernelFunc>[0]): boolean {
  const { filter } = inputs as { filter: tf.TensorInfo };
  const strides = attrs?.["strides"];
  const [down, across] = Array.isArray(strides)
    ? strides.map(Number)
    : [Number(strides), Number(strides)];
  const isLong = down! > filter.shape[0]! || across! > filter.shape[1]!;
  const pad = attrs?.["pad"];
  return pad === "same" ? isLong : pad !== "valid";
}

/**
 * Transposes in a separate pass and then multiplies without transposition. That reaches 43 to 47
 * GFLOP/s, compared with 2.5 to 4 for the shipped kernel with a transposed argument.
 */
function transposeFirst(multiply: tf.KernelFunc): tf.KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const wasm = backend as BackendWasm;
    let { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const temporary: tf.TensorInfo[] = [];
    const transposed = (x: tf.TensorInfo): tf.TensorInfo => {
      const perm = x.shape.map((_, axis) => axis);
      perm.push(...perm.splice(-2, 1));
      const result = runKernel("Transpose", { inputs: { x }, attrs: { perm }, backend: wasm });
      temporary.push(result);
      return result;
    };
    if (attrs?.["transposeA"] === true) a = transposed(a);
    if (attrs?.["transposeB"] === true) b = transposed(b);
    const result = multiply({
      inputs: { a, b },
      attrs: { transposeA: false, transposeB: false },
      backend,
    });
    for (const { dataId } of temporary) wasm.disposeData(dataId);
    return result;
  };
}

/**
 * Runs the cpu backend's kernel on copies of the inputs. It serves the rare kernels that the wasm
 * backend lacks or gets wrong: it is slower than a kernel of its own would be, but correct.
 */
function computeOnCpu(compute: tf.KernelFunc): WasmKernel {
  return ({ inputs, attrs, backend }) => {
    const cpu = tf.findBackend("cpu");
    const temporary: tf.TensorInfo[] = [];
    const copies: Record<string, tf.TensorInfo> = {};
    for (const [name, input] of Object.entries(inputs)) {
      // Optional inputs, such as a bias, have a name even when they are absent.
      if (input === undefined || input === null) continue;
      const { dataId, shape, dtype } = input;
      const copy = { dataId: cpu.write(backend.readSync(dataId), shape, dtype), shape, dtype };
      temporary.push(copy);
      copies[name] = copy;
    }
    const outputs = compute({ inputs: copies, attrs, backend: cpu });
    const moved = [outputs].flat().map(({ dataId, shape, dtype }) => {
      temporary.push({ dataId, shape, dtype });
      return { dataId: backend.write(cpu.readSync(dataId), shape, dtype), shape, dtype };
    });
    for (const { dataId } of temporary) cpu.disposeData(dataId);
    return Array.isArray(outputs) ? moved : moved[0]!;
  };
}
