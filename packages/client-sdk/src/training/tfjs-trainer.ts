import { asTributaryError, type Plan } from "@tributary/protocol";
import { writeWeights } from "../models/layers-model.ts";
import type {
  EvaluateRequest,
  LocalTrainer,
  PredictRequest,
  TrainRequest,
  TrainResult,
  TrainingMetrics,
} from "./local-trainer.ts";
import { PreparedModel } from "./prepared-model.ts";
import { chooseTfjsBackend, type TfjsBackendOptions } from "./tfjs-backend.ts";
import { Work, evaluateModel, predictWithModel, trainModel } from "./training-run.ts";

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
  return new Trainer(await chooseTfjsBackend(options));
}

type Run<Result> = (model: PreparedModel, work: Work) => Promise<Result>;

class Trainer implements TfjsTrainer {
  readonly backend: string;
  readonly #disposal = new AbortController();
  #prepared: { readonly key: string; readonly model: PreparedModel } | undefined;
  /** Ends when the last call does: calls share the model's variables, so they take turns. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(backend: string) {
    this.backend = backend;
  }

  train(request: TrainRequest): Promise<TrainResult> {
    return this.#inTurn(request, (model, work) => trainModel(request, model, work));
  }

  evaluate(request: EvaluateRequest): Promise<TrainingMetrics> {
    return this.#inTurn(request, (model, work) => evaluateModel(request, model, work));
  }

  predict(request: PredictRequest): Promise<Float32Array> {
    return this.#inTurn(request, (model, work) => predictWithModel(request, model, work));
  }

  dispose(): void {
    if (this.#disposal.signal.aborted) return;
    this.#disposal.abort("The trainer was disposed");
    void this.#turn.then(() => {
      this.#prepared?.model.dispose();
      this.#prepared = undefined;
    });
  }

  #inTurn<Result>(
    request: Pick<EvaluateRequest, "plan" | "weights" | "signal">,
    run: Run<Result>,
  ): Promise<Result> {
    const result = this.#turn.then(() => this.#run(request, run));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #run<Result>(
    { plan, weights, signal }: Pick<EvaluateRequest, "plan" | "weights" | "signal">,
    run: Run<Result>,
  ): Promise<Result> {
    const work = new Work([this.#disposal.signal, signal]);
    work.checkStopped();
    try {
      const model = await this.#prepare(plan);
      writeWeights(model.weights, model.layout, weights);
      return await run(model, work);
    } catch (error) {
      throw asTributaryError(error, "TRAINING_FAILED", `Training failed on ${this.backend}`);
    }
  }

  /** The plan's model: the one at hand if it is the same. */
  async #prepare(plan: Plan): Promise<PreparedModel> {
    const key = JSON.stringify([plan.model, plan.training.trainable]);
    if (this.#prepared?.key !== key) {
      this.#prepared?.model.dispose();
      this.#prepared = undefined;
      this.#prepared = { key, model: await PreparedModel.build(plan) };
    }
    return this.#prepared.model;
  }
}
