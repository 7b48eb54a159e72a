import { TributaryError, asTributaryError } from "@tributary/protocol";
import type {
  EvaluateRequest,
  LocalTrainer,
  PredictRequest,
  TrainRequest,
  TrainResult,
  TrainingMetrics,
} from "./local-trainer.ts";
import type { EngineModel } from "./engine-model.ts";
import { Work, evaluateModel, predictWithModel, trainModel } from "./training-run.ts";

type Request = Pick<EvaluateRequest, "plan" | "weights" | "signal">;

/** What an engine adds to a trainer. */
export interface Engine<Model extends EngineModel = EngineModel> {
  /** For messages, such as `tfjs wasm`. */
  readonly name: string;
  /** Examples that a pass without training takes: enough to be quick, few enough to leave a page breathing. */
  readonly evaluationBatch: number;
  /**
   * The plan's model with weights written into it.
   * @param examples - Most examples that it gets at once.
   */
  prepare(request: Request, examples: number): Promise<Model>;
  /** Frees everything; called once, when no call is under way. */
  dispose(): void;
}

/** A `LocalTrainer` on an engine. Calls share the engine's model, so they take turns. */
export class EngineTrainer<
  Model extends EngineModel = EngineModel,
  E extends Engine<Model> = Engine<Model>,
> implements LocalTrainer {
  protected readonly engine: E;
  readonly #disposal = new AbortController();
  /** Ends when the last call does. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(engine: E) {
    this.engine = engine;
  }

  train(request: TrainRequest): Promise<TrainResult> {
    const most = Math.min(request.plan.training.batchSize, request.examples.count);
    return this.inTurn(request, most, (model, work) => trainModel(request, model, work));
  }

  evaluate(request: EvaluateRequest): Promise<TrainingMetrics> {
    const most = Math.min(this.engine.evaluationBatch, request.examples.count);
    return this.inTurn(request, most, (model, work) => evaluateModel(request, model, most, work));
  }

  predict(request: PredictRequest): Promise<Float32Array> {
    const most = Math.min(this.engine.evaluationBatch, request.count);
    return this.inTurn(request, most, (model, work) =>
      predictWithModel(request, model, most, work),
    );
  }

  dispose(): void {
    if (this.#disposal.signal.aborted) return;
    this.#disposal.abort("The trainer was disposed");
    void this.#turn.then(() => this.engine.dispose());
  }

  /** Runs something with the plan's model once the calls before it are done. */
  protected inTurn<Result>(
    request: Request,
    examples: number,
    run: (model: Model, work: Work) => Promise<Result>,
  ): Promise<Result> {
    const result = this.#turn.then(() => this.#run(request, examples, run));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #run<Result>(
    request: Request,
    examples: number,
    run: (model: Model, work: Work) => Promise<Result>,
  ): Promise<Result> {
    const work = new Work([this.#disposal.signal, request.signal]);
    work.checkStopped();
    try {
      return await run(await this.engine.prepare(request, examples), work);
    } catch (error) {
      throw asTributaryError(error, "TRAINING_FAILED", `Training failed on ${this.engine.name}`);
    }
  }
}

/** @throws TributaryError `BAD_PARAMETER` when a checkpoint is not of the model's size. */
export function requireWeightCount(weights: Float32Array, size: number): void {
  if (weights.length === size) return;
  throw new TributaryError(
    "BAD_PARAMETER",
    `The weights have ${weights.length} values where the model has ${size}`,
    { remedy: "Give a checkpoint of this model." },
  );
}
