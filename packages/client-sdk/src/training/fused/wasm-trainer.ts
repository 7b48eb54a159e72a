import { TributaryError } from "@tributary/protocol";
import { fusedTrainerOn, type FusedTrainer } from "./fused-engine.ts";
import { compileTrainingKernels, wasmKernels } from "./kernels/wasm/wasm-kernels.ts";

/**
 * Makes the fused trainer in WebAssembly, without its plain twin.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when there is no WebAssembly with SIMD.
 */
export async function createWasmTrainer(): Promise<FusedTrainer> {
  const trainer = await wasmTrainerIfAny();
  if (trainer !== undefined) return trainer;
  throw new TributaryError("ENGINE_UNAVAILABLE", "There is no WebAssembly with SIMD here", {
    remedy: 'Allow it in the page\'s policy ("wasm-unsafe-eval"), or use the engine "auto".',
  });
}

/** As `createWasmTrainer`; undefined where there is no WebAssembly with SIMD. */
export async function wasmTrainerIfAny(): Promise<FusedTrainer | undefined> {
  const module = await compileTrainingKernels();
  return module && fusedTrainerOn("wasm", wasmKernels(module));
}
