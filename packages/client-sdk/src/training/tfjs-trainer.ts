import { writeWeights } from "../models/layers-model.ts";
import type { EngineModel } from "./engine-model.ts";
import { EngineTrainer, type Engine } from "./engine-trainer.ts";
import type { EvaluateRequest, MeasuringTrainer } from "./local-trainer.ts";
import { PreparedModel } from "./prepared-model.ts";
import { chooseTfjsBackend, type ChosenBackend, type TfjsBackendOptions } from "./tfjs-backend.ts";
import { TfjsModel } from "./tfjs-model.ts";

/** A `LocalTrainer` on tfjs. It trains any LayersModel with one input and one output. */
export interface TfjsTrainer extends MeasuringTrainer {
  /** The tfjs backend in use, such as `wasm`. */
  readonly backend: string;
  /** Why that is the slow `cpu` although nobody asked for it, with the file that is missing. */
  readonly slowBecause: string | undefined;
}

/**
 * Makes a trainer on tfjs. tfjs has one backend for the whole process: see
 * `TfjsBackendOptions.backend`.
 *
 * ```ts
 * const trainer = await createTfjsTrainer();
 * const { weights } = await trainer.train({ plan, weights: checkpoint, examples, random });
 * ```
 * @throws TributaryError `ENGINE_UNAVAILABLE` when the named backend, or no backend at all, can be
 *   used.
 */
export async function createTfjsTrainer(options: TfjsBackendOptions = {}): Promise<TfjsTrainer> {
  return new Trainer(new TfjsEngine(await chooseTfjsBackend(options)));
}

/** The loop over epochs and batches, on tfjs. */
class Trainer extends EngineTrainer<EngineModel, TfjsEngine> implements TfjsTrainer {
  get backend(): string {
    return this.engine.backend;
  }

  get slowBecause(): string | undefined {
    return this.engine.slowBecause;
  }
}

/** tfjs as an engine. It keeps the model of the plan that came last. */
class TfjsEngine implements Engine {
  readonly evaluationBatch = 256;
  readonly backend: string;
  readonly slowBecause: string | undefined;
  #prepared: { readonly key: string; readonly model: PreparedModel } | undefined;

  constructor({ name, slowBecause }: ChosenBackend) {
    this.backend = name;
    this.slowBecause = slowBecause;
  }

  get name(): string {
    return this.backend;
  }

  /**
   * Returns the plan's model with the weights in it. A model is built only when the plan's model or
   * its trained layers differ from those of the last call.
   */
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
