// The engines where there is no WebAssembly, under the names that they have elsewhere: the fused
// engine's twin in plain JavaScript. tfjs is not among them, so that no bundler looks for it.
import type { LayersModel } from "@tensorflow/tfjs";
import {
  TributaryError,
  type ModelDescription,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
import type { TrainerOptions } from "../engine-choice/trainer-options.ts";
import type { EngineTrial } from "../engine-choice/try-plan.ts";
import { fusedTrainerOn, type FusedTrainer } from "../training/fused/fused-engine.ts";
import type { FusedTrainerOptions } from "../training/fused/fused-trainer.ts";
import { createReferenceKernels } from "../training/fused/kernels/reference/reference-kernels.ts";

/** See `createTrainer` of the other platforms. */
export async function createTrainer({
  engine = "auto",
  backend = "auto",
}: TrainerOptions = {}): Promise<FusedTrainer> {
  if (engine !== "auto" && engine !== "fused") throw unavailable(`the engine ${engine}`);
  if (backend !== "auto" && backend !== "reference") throw unavailable(`the backend ${backend}`);
  return createFusedTrainer();
}

/** See `createFusedTrainer` of the other platforms. */
export async function createFusedTrainer({
  backend = "auto",
}: FusedTrainerOptions = {}): Promise<FusedTrainer> {
  if (backend === "wasm") throw unavailable(`the backend ${backend}`);
  return fusedTrainerOn("reference", () => Promise.resolve(createReferenceKernels()));
}

/** There is no tfjs here: it always rejects. */
export async function createTfjsTrainer(): Promise<never> {
  throw unavailable("tfjs");
}

/** There is no tfjs here: it always rejects. */
export async function buildLayersModel(
  _description: ModelDescription,
  _values: Float32Array,
): Promise<LayersModel> {
  throw new TributaryError("MODEL_UNSUPPORTED", "There is no tfjs here to build a model with", {
    remedy: "Take the weights from checkpoint(), or predict with createTrainer().",
  });
}

/** There is one engine here, and nothing to compare: it always rejects. */
export async function tryPlan(
  _plan: Plan,
  _weights: Float32Array,
  _random: RandomSource,
): Promise<readonly EngineTrial[]> {
  throw unavailable("a second engine");
}

function unavailable(what: string): TributaryError {
  return new TributaryError("ENGINE_UNAVAILABLE", `React Native does not have ${what}`, {
    remedy: 'Leave engine and backend at "auto", or inject a trainer of the app\'s own.',
  });
}
