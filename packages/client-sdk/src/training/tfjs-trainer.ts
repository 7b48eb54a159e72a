import { writeWeights } from "../models/layers-model.ts";
import type { EngineModel } from "./engine-model.ts";
import { EngineTrainer, type Engine } from "./engine-trainer.ts";
import type { EvaluateRequest, LocalTrainer } from "./local-trainer.ts";
import { PreparedModel } from "./prepared-model.ts";
import { chooseTfjsBackend, type TfjsBackendOptions } from "./tfjs-backend.ts";
import { TfjsModel } from "./tfjs-model.ts";

/** A `LocalTrainer` on tfjs: any LayersModel with one input and one output. */
export interface TfjsTrainer extends LocalTrainer {
  /** tfjs backend that was chosen, such as `wasm`. */
  readonly backend: string;
}

/**
 * Makes a trainer on tfjs. Its backend is the process's: see `TfjsBackendOptions.backend`.
 *
 * ```ts
 * const trainer = await createTfjsTrainer();
 * const { weights, metrics } = await trainer.train({ plan, weights: checkpoint, examples, random });
 * ```
 * @throws TributaryError `ENGINE_UNAVAILABLE` when no backend, or not the named one, can be used.
 */
export async function createTfjsTrainer(options: TfjsBackendOptions = {}): Promise<TfjsTrainer> {
  return new Trainer(new TfjsEngine(await chooseTfjsBackend(options)));
}

class Trainer extends EngineTrainer<EngineModel, TfjsEngine> implements TfjsTrainer {
  get backend(): string {
    return this.engine.backend;
  }
}

class TfjsEngine implements Engine {
  readonly evaluationBatch = 256;
  readonly backend: string;
  #prepared: { readonly key: string; readonly model: PreparedModel } | undefined;

  constructor(backend: string) {
    this.backend = backend;
  }

  get name(): string {
    return this.backend;
  }

  /** The plan's model: the one at hand if it is the same. */
  async prepare({
    plan,
    weights,
  }: Pick<EvaluateRequest, "plan" | "weights">): Promise<EngineModel> {
    const key = JSON.stringify([plan.model, plan.training.trainable]);
    if (this.#prepared?.key !== key) {
      this.dispose();
      this.#prepared = { key, model: await PreparedModel.build(plan) };
    }
    const { model } = this.#prepared;
    writeWeights(model.weights, model.layout, weights);
    return new TfjsModel(model, weights);
  }

  dispose(): void {
    this.#prepared?.model.dispose();
    this.#prepared = undefined;
  }
}
