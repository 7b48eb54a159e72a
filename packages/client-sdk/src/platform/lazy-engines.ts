// The engines are loaded when a model is first trained or built, and not with the SDK: tfjs is 1.5 MB of script.
import type { LayersModel } from "@tensorflow/tfjs";
import type { ModelDescription } from "@tributary/protocol";
import type { TfjsBackendOptions } from "../training/tfjs-backend.ts";
import type { Trainer, TrainerOptions } from "../engine-choice/choose-engine.ts";
import type { FusedTrainer, FusedTrainerOptions } from "../training/fused/fused-trainer.ts";
import type { TfjsTrainer } from "../training/tfjs-trainer.ts";

/**
 * Makes a trainer that takes for each plan the engine that suits it, or the one that the options name.
 * Give one trainer to many clients of a process: calls take turns, and the model is built once.
 *
 * ```ts
 * const trainer = await createTrainer();
 * const client = new FederatedClient({ url, population, serverKey, examples, trainer });
 * ```
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the named engine, or its named backend, cannot be used;
 *   `BAD_PARAMETER` when an engine has no such backend.
 */
export async function createTrainer(options: TrainerOptions = {}): Promise<Trainer> {
  const { createTrainer: create } = await import("../engine-choice/choose-engine.ts");
  return create(options);
}

/**
 * Makes a trainer that computes whole steps in a WebAssembly module of its own: several times faster than tfjs on a
 * CPU, and bit for bit the same on every platform. It refuses models with layers that it does not have.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the backend `wasm` is asked for and not there.
 */
export async function createFusedTrainer(options: FusedTrainerOptions = {}): Promise<FusedTrainer> {
  const { createFusedTrainer: create } = await import("../training/fused/fused-trainer.ts");
  return create(options);
}

/**
 * Loads tfjs and makes a trainer on it, for any LayersModel. Its backend is the process's: see
 * `TfjsBackendOptions.backend`.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when no backend, or not the named one, can be used.
 */
export async function createTfjsTrainer(options: TfjsBackendOptions = {}): Promise<TfjsTrainer> {
  const { createTfjsTrainer: create } = await import("../training/tfjs-trainer.ts");
  return create(options);
}

/**
 * Loads tfjs and builds the model that a plan or a task describes.
 * @param values - The checkpoint, Float32, shape [layout.size]; copied.
 * @returns A model of the caller's own: call `dispose()` on it when it is no longer used.
 * @throws TributaryError `MODEL_UNSUPPORTED` when tfjs cannot build it; `BAD_PARAMETER` when `values` is not of the
 *   model's size.
 */
export async function buildLayersModel(
  description: ModelDescription,
  values: Float32Array,
): Promise<LayersModel> {
  const { buildLayersModel: build } = await import("../models/layers-model.ts");
  return build(description, values);
}
