// What tfjs's wasm backend lacks, gets wrong or does slowly when it trains, registered from outside.
//
// As shipped (4.22) it has no gradient kernels for convolution filters, depthwise convolutions or embeddings; its max
// pooling loses gradients; its convolutions give zeros for some strides; and its matrix product takes a slow path when
// an argument is transposed, which every gradient does.
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { convolutionFilterGradient, convolutionInputGradient } from "./wasm-convolution.ts";
import { maxPoolGradient } from "./wasm-pooling.ts";
import { runKernel, type WasmCall } from "./wasm-call.ts";

/** Marks a kernel of ours, also to another copy of this package. */
const OURS: unique symbol = Symbol.for("tributary.wasm-kernel");

/**
 * Makes the wasm backend train every model that the cpu backend can, with the same results up to rounding, and dense
 * layers faster than as shipped. Does nothing the second time. The backend must have been initialised; its kernels
 * are shared by everything in the process that uses it.
 */
export function registerWasmKernels(): void {
  const product = tf.getKernel("BatchMatMul", "wasm");
  if (OURS in product) return;
  replace("BatchMatMul", transposeFirst);
  replace("MaxPoolGrad", () => kernelOf(maxPoolGradient));
  for (const name of CONVOLUTIONS) {
    const onCpu = kernelOf(computeOnCpu(tf.getKernel(name, "cpu").kernelFunc));
    replace(name, (shipped) => (call) => (isMiscomputed(call) ? onCpu : shipped)(call));
  }
  replace(
    "Conv2DBackpropInput",
    (shipped) => (call) => (isStepwise(call) ? kernelOf(convolutionInputGradient) : shipped)(call),
  );
  register("Conv2DBackpropFilter", kernelOf(convolutionFilterGradient));
  const present = new Set(tf.getKernelsForBackend("wasm").map(({ kernelName }) => kernelName));
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend("cpu")) {
    if (!present.has(kernelName)) register(kernelName, kernelOf(computeOnCpu(kernelFunc)));
  }
}

type WasmKernel = (call: WasmCall) => tf.TensorInfo | tf.TensorInfo[];

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

/** Puts another function in the place of a shipped kernel's; the kernel's setup stays. */
function replace(kernelName: string, change: (shipped: tf.KernelFunc) => tf.KernelFunc): void {
  const shipped = tf.getKernel(kernelName, "wasm");
  // Registering over a kernel would print a warning.
  tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel(
    Object.assign({ ...shipped }, { kernelFunc: change(shipped.kernelFunc), [OURS]: true }),
  );
}

const CONVOLUTIONS = [
  "Conv2D",
  "FusedConv2D",
  "DepthwiseConv2dNative",
  "FusedDepthwiseConv2D",
] as const;

/** Whether a convolution's window moves pixel by pixel, so that its gradient is a convolution too. */
function isStepwise({ attrs }: Parameters<tf.KernelFunc>[0]): boolean {
  const strides = attrs?.["strides"];
  const isOne = Array.isArray(strides) ? strides.every((stride) => stride === 1) : strides === 1;
  return isOne && (attrs?.["pad"] === "same" || attrs?.["pad"] === "valid");
}

/**
 * Whether the shipped convolution goes wrong: with a stride longer than the filter it computes a negative padding and
 * gives zeros (tfjs issues 5907, 6629), and with a padding in pixels it writes past its memory.
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

/** Transposes in a pass of its own and multiplies without: 2.5 to 4 against 43 to 47 GFLOP/s. */
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
 * Runs the cpu backend's kernel on copies. For the rare kernels that the wasm backend does not have or gets wrong:
 * slower than it could be, and right.
 */
function computeOnCpu(compute: tf.KernelFunc): WasmKernel {
  return ({ inputs, attrs, backend }) => {
    const cpu = tf.findBackend("cpu");
    const temporary: tf.TensorInfo[] = [];
    const copies: Record<string, tf.TensorInfo> = {};
    for (const [name, input] of Object.entries(inputs)) {
      // Optional inputs, such as a bias, are named but not there.
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
