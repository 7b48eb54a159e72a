import { fusedTrainerOn, type FusedBackendName, type FusedTrainer } from "./fused-engine.ts";
import { createWasmTrainer, wasmTrainerIfAny } from "./wasm-trainer.ts";

/** What the fused trainer computes with. */
export interface FusedTrainerOptions {
  /**
   * `auto`, the default, takes `wasm` where there is WebAssembly with SIMD, and the slow
   * `reference` elsewhere.
   */
  readonly backend?: "auto" | FusedBackendName;
}

/**
 * Makes a trainer that computes whole steps in a small WebAssembly module. On a CPU it is several
 * times faster than tfjs, and its results have the same bits in Node and in every browser. A model
 * that it cannot train is refused with `MODEL_UNSUPPORTED`, which names the layer.
 *
 * ```ts
 * const trainer = await createFusedTrainer();
 * const { weights, metrics } = await trainer.train({ plan, weights: checkpoint, examples, random });
 * ```
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the backend is `wasm` and there is no
 *   WebAssembly with SIMD.
 */
export async function createFusedTrainer({
  backend = "auto",
}: FusedTrainerOptions = {}): Promise<FusedTrainer> {
  if (backend === "wasm") return createWasmTrainer();
  const trainer = backend === "auto" ? await wasmTrainerIfAny() : undefined;
  if (trainer !== undefined) return trainer;
  // Hardly any browser needs the twin, which is 9 kB (gzip).
  const { createReferenceKernels } = await import("./kernels/reference/reference-kernels.ts");
  return fusedTrainerOn("reference", () => Promise.resolve(createReferenceKernels()));
}
