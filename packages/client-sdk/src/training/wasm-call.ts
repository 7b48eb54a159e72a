import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

/** A kernel's inputs by name. An optional input, such as a bias, may be null or undefined. */
export type KernelInputs = Readonly<Record<string, tf.TensorInfo | null | undefined>>;

/** What tfjs passes to a kernel of the wasm backend. A kernel is the code of one operation. */
export interface WasmCall {
  readonly inputs: KernelInputs;
  readonly attrs: tf.NamedAttrMap;
  readonly backend: BackendWasm;
}

/**
 * Runs a registered kernel of the wasm backend that has one output.
 * @returns The output, which the caller disposes.
 */
export function runKernel(kernelName: string, { inputs, attrs, backend }: WasmCall): tf.TensorInfo {
  const kernel = tf.getKernel(kernelName, "wasm");
  const output = kernel.kernelFunc({ inputs: inputs as tf.NamedTensorInfoMap, attrs, backend });
  return Array.isArray(output) ? output[0]! : output;
}
