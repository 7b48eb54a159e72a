import { EngineTrainer } from "../engine-trainer.ts";
import { createReferenceKernels } from "../fused/kernels/reference/reference-kernels.ts";
import type { TrainingKernelSource } from "../fused/kernels/training-kernels.ts";
import { compileTrainingKernels, wasmKernels } from "../fused/kernels/wasm/wasm-kernels.ts";
import type { MeasuringTrainer } from "../local-trainer.ts";
import type { NativeModel } from "./native-model.ts";
import { loadOnnxRuntime } from "./runtime/onnx-runtime.ts";

/** A trainer that computes with ONNX Runtime. */
export interface NativeTrainer extends MeasuringTrainer {
  readonly backend: "onnxruntime";
}

/**
 * Makes a trainer that computes each training step as one graph in ONNX Runtime, on one thread. Large
 * models train faster with it than with the fused engine. Its results repeat to the last bit on one
 * machine, and differ from those of other machines and engines by rounding.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the package onnxruntime-node is not installed,
 *   does not start here, or has another major version.
 */
export async function createNativeTrainer(): Promise<NativeTrainer> {
  const runtime = loadOnnxRuntime();
  // What writes graphs is loaded only where they can be run.
  const { NativeEngine } = await import("./native-engine.ts");
  const module = await compileTrainingKernels();
  const kernels: TrainingKernelSource =
    module === undefined ? () => Promise.resolve(createReferenceKernels()) : wasmKernels(module);
  return new Trainer(new NativeEngine(runtime, kernels));
}

class Trainer extends EngineTrainer<NativeModel> implements NativeTrainer {
  readonly backend = "onnxruntime";
}
