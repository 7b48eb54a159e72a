// The engines are loaded when a model is first trained or built, and not together with the SDK:
// tfjs alone is 1.5 MB of script.
import type { LayersModel } from "@tensorflow/tfjs";
import type { ModelDescription, Plan, RandomSource } from "@tributary/protocol";
import type { TfjsBackendOptions } from "../training/tfjs-backend.ts";
import type { Trainer, TrainerOptions } from "../engine-choice/trainer-options.ts";
import type { EngineTrial } from "../engine-choice/try-plan.ts";
import type { FusedTrainer } from "../training/fused/fused-engine.ts";
import type { FusedTrainerOptions } from "../training/fused/fused-trainer.ts";
import type { TfjsTrainer } from "../training/tfjs-trainer.ts";

/**
 * Makes a trainer that chooses a suitable engine for each plan, or uses the one that the options
 * name. Several clients of one process may share a trainer: their calls run one after the other,
 * and the model is built only once.
 *
 * ```ts
 * const trainer = await createTrainer();
 * const client = new FederatedClient({ url, population, serverKey, examples, trainer });
 * ```
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the named engine, or its named backend, cannot
 *   be used; `BAD_PARAMETER` when the engine has no backend of that name.
 */
export async function createTrainer(options: TrainerOptions = {}): Promise<Trainer> {
  const { createTrainer: create } = await import("../engine-choice/choose-engine.ts");
  return create(options);
}

/**
 * Makes a trainer that computes whole training steps in a WebAssembly module of this package. On a
 * CPU it is several times faster than tfjs, and it gives bit for bit the same results on every
 * platform. It refuses models with layers that it does not have.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the options name the backend `wasm` and the
 *   platform has no WebAssembly SIMD.
 */
export async function createFusedTrainer(options: FusedTrainerOptions = {}): Promise<FusedTrainer> {
  const { createFusedTrainer: create } = await import("../training/fused/fused-trainer.ts");
  return create(options);
}

/**
 * Loads tfjs and makes a trainer on it. It trains any LayersModel. tfjs has one backend for the
 * whole process: see `TfjsBackendOptions.backend`.
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the named backend, or no backend at all, can be
 *   used.
 */
export async function createTfjsTrainer(options: TfjsBackendOptions = {}): Promise<TfjsTrainer> {
  const { createTfjsTrainer: create } = await import("../training/tfjs-trainer.ts");
  return create(options);
}

/**
 * Loads tfjs and builds the model that a plan or a task describes.
 * @param values - The checkpoint, Float32, shape [layout.size]; copied.
 * @returns A model that belongs to the caller, who calls `dispose()` on it when it is no longer
 *   used.
 * @throws TributaryError `MODEL_UNSUPPORTED` when tfjs cannot build the model; `BAD_PARAMETER` when
 *   `values` has another length than the model needs.
 */
export async function buildLayersModel(
  description: ModelDescription,
  values: Float32Array,
): Promise<LayersModel> {
  const { buildLayersModel: build } = await import("../models/layers-model.ts");
  return build(description, values);
}

/**
 * Has every engine of this platform build a plan's model and take one step on an example of zeros, as a
 * client would.
 * @param weights - The initial checkpoint, Float32, shape [layout.size]; not modified.
 * @param random - Draws dropout masks.
 * @returns What each engine makes of the model, in the order in which a client would prefer them.
 * @throws TributaryError `PLAN_INVALID` when the plan's loss does not fit the model's output.
 */
export async function tryPlan(
  plan: Plan,
  weights: Float32Array,
  random: RandomSource,
): Promise<readonly EngineTrial[]> {
  const { tryPlan: run } = await import("../engine-choice/try-plan.ts");
  return run(plan, weights, random);
}
