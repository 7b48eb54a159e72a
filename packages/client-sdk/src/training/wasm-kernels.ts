// What tfjs's wasm backend lacks or does slowly when it trains, registered from outside.
//
// As shipped (4.22) it has no gradient kernels for convolution filters, depthwise convolutions or embeddings, and its
// matrix product takes a slow path when an argument is transposed, which every gradient does.
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { convolutionFilterGradient } from "./wasm-convolution.ts";
import { runKernel, type KernelInputs, type WasmCall } from "./wasm-call.ts";

/** Marks a kernel of ours, also to another copy of this package. */
const OURS: unique symbol = Symbol.for("tributary.wasm-kernel");

/**
 * Makes the wasm backend able to train every model that the cpu backend can, and faster on dense layers.
 * Numbers differ from the shipped kernels' by rounding only. It is done once a tfjs instance; the backend must have
 * been initialised. Kernels are shared by everything in the process that uses the backend.
 */
export function registerWasmKernels(): void {
  const product = tf.getKernel("BatchMatMul", "wasm");
  if (OURS in product) return;
  tf.unregisterKernel("BatchMatMul", "wasm");
  tf.registerKernel(
    Object.assign({ ...product }, { kernelFunc: transposeFirst(product.kernelFunc), [OURS]: true }),
  );
  register("Conv2DBackpropFilter", convolutionFilterGradient);
  const present = new Set(tf.getKernelsForBackend("wasm").map(({ kernelName }) => kernelName));
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend("cpu")) {
    if (!present.has(kernelName)) register(kernelName, onCpu(kernelFunc));
  }
}

function register(
  kernelName: string,
  compute: (call: WasmCall) => tf.TensorInfo | tf.TensorInfo[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs, backend }) =>
      compute({
        inputs: inputs as KernelInputs,
        attrs: attrs ?? {},
        backend: backend as BackendWasm,
      }),
  });
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
 * Runs the cpu backend's kernel on copies. For the rare kernels, mostly gradients, that the wasm backend does not
 * have: slower than it could be, and right.
 */
function onCpu(compute: tf.KernelFunc): (call: WasmCall) => tf.TensorInfo | tf.TensorInfo[] {
  return ({ inputs, attrs, backend }) => {
    const cpu = tf.findBackend("cpu");
    const temporary: tf.TensorInfo[] = [];
    const entries = Object.entries(inputs).map(([name, { dataId, shape, dtype }]) => {
      const copy = { dataId: cpu.write(backend.readSync(dataId), shape, dtype), shape, dtype };
      temporary.push(copy);
      return [name, copy] as const;
    });
    const outputs = compute({ inputs: Object.fromEntries(entries), attrs, backend: cpu });
    const moved = [outputs].flat().map(({ dataId, shape, dtype }) => {
      temporary.push({ dataId, shape, dtype });
      return { dataId: backend.write(cpu.readSync(dataId), shape, dtype), shape, dtype };
    });
    for (const { dataId } of temporary) cpu.disposeData(dataId);
    return Array.isArray(outputs) ? moved : moved[0]!;
  };
}
