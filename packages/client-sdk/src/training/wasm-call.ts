import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

export type KernelInputs = Readonly<Record<string, tf.TensorInfo | null | undefined>>;

/** What tfjs hands to a kernel of the wasm backend. */
export interface WasmCall {
  readonly inputs: KernelInputs;
  readonly attrs: tf.NamedAttrMap;
  readonly backend: BackendWasm;
}

/** Runs a registered kernel of the wasm backend that has one output, which is the caller's to dispose. */
export function runKernel(kernelName: string, { inputs, attrs, backend }: WasmCall): tf.TensorInfo {
  const kernel = tf.getKernel(kernelName, "wasm");
  const output = kernel.kernelFunc({ inputs: inputs as tf.NamedTensorInfoMap, attrs, backend });
  return Array.isArray(output) ? output[0]! : output;
}
