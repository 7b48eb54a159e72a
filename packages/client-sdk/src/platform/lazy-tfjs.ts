// tfjs is 1.5 MB of script: it is loaded when a model is first trained or built, and not with the SDK.
import type { LayersModel } from "@tensorflow/tfjs";
import type { ModelDescription } from "@tributary/protocol";
import type { TfjsBackendOptions } from "../training/tfjs-backend.ts";
import type { TfjsTrainer } from "../training/tfjs-trainer.ts";

/**
 * Loads tfjs and makes a trainer on it. Its backend is the process's: see `TfjsBackendOptions.backend`.
 * Give one trainer to many clients of a process: calls take turns, and the model is built once.
 *
 * ```ts
 * const trainer = await createTfjsTrainer();
 * const client = new FederatedClient({ url, population, serverKey, examples, trainer });
 * ```
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
