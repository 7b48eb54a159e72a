import { TributaryError, asTributaryError } from "@tributary/protocol";
import type { ExampleSource } from "../examples/example-reader.ts";
import type {
  EvaluateRequest,
  Measurement,
  MeasuringTrainer,
  PredictRequest,
  TrainEachRequest,
  TrainRequest,
  TrainResult,
  TrainingMetrics,
} from "./local-trainer.ts";
import type { Awaitable, EngineModel } from "./engine-model.ts";
import { ExampleChecks } from "./example-checks.ts";
import { evaluateModel, predictWithModel, trainModel } from "./training-run.ts";
import { Work } from "./work.ts";

/** What all requests have in common. */
type Request = Pick<EvaluateRequest, "plan" | "weights" | "signal" | "hold">;

/** What a call stops or waits for. */
type Stops = Pick<EvaluateRequest, "signal" | "hold">;

/** What an engine must provide to become a trainer. */
export interface Engine<Model extends EngineModel = EngineModel> {
  /** The name for error messages, such as `tfjs wasm`. */
  readonly name: string;
  /**
   * The number of examples in one pass without training: enough to be fast, and few enough that a
   * page still reacts.
   */
  readonly evaluationBatch: number;
  /**
   * Builds the plan's model, or takes the one at hand, and writes the request's weights into it.
   * @param examples - The largest number of examples that the model will be given at once.
   */
  prepare(request: Request, examples: number): Awaitable<Model>;
  /** Frees everything; called once, when no call is under way. */
  dispose(): void;
}

/**
 * A trainer on an engine. All calls use the engine's one model, so they run one after the
 * other.
 */
export class EngineTrainer<
  Model extends EngineModel = EngineModel,
  E extends Engine<Model> = Engine<Model>,
> implements MeasuringTrainer {
  readonly takesReaders = true;
  protected readonly engine: E;
  readonly #checks = new ExampleChecks();
  // Aborted when the trainer is disposed.
  readonly #disposal = new AbortController();
  /** Resolves when the last call that was made has ended. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(engine: E) {
    this.engine = engine;
  }

  /** See `LocalTrainer.train`. */
  async train(request: TrainRequest<ExampleSource>): Promise<TrainResult> {
    let result: TrainResult | undefined;
    const requests = [request];
    const { plan, signal, hold } = request;
    const each = { plan, next: () => requests.pop(), signal, hold };
    await this.trainEach(each, (trained) => (result = trained));
    return result!;
  }

  /** See `MeasuringTrainer.trainEach`. */
  trainEach(
    { next, ...request }: TrainEachRequest,
    trained: (result: TrainResult) => void,
  ): Promise<void> {
    return this.#inTurn(request, async (work) => {
      for (let request = next(); request !== undefined; request = next()) {
        const { plan, examples, rows } = request;
        const most = Math.min(plan.training.batchSize, rows?.length ?? examples.count);
        const prepared = this.engine.prepare(request, most);
        const model = prepared instanceof Promise ? await prepared : prepared;
        trained(await trainModel(request, model, this.#checks, work));
      }
    });
  }

  /** See `LocalTrainer.evaluate`. */
  async evaluate(request: EvaluateRequest<ExampleSource>): Promise<TrainingMetrics> {
    return (await this.measure(request)).metrics;
  }

  /** See `LocalTrainer.measure`. */
  measure(request: EvaluateRequest<ExampleSource>): Promise<Measurement> {
    const most = Math.min(this.engine.evaluationBatch, request.examples.count);
    return this.inTurn(request, most, (model, work) => evaluateModel(request, model, most, work));
  }

  /** See `LocalTrainer.predict`. */
  predict(request: PredictRequest): Promise<Float32Array> {
    const most = Math.min(this.engine.evaluationBatch, request.count);
    return this.inTurn(request, most, (model, work) =>
      predictWithModel(request, model, most, work),
    );
  }

  /** Stops the call under way, and frees the engine once it has ended. */
  dispose(): void {
    if (this.#disposal.signal.aborted) return;
    this.#disposal.abort("The trainer was disposed");
    void this.#turn.then(() => this.engine.dispose());
  }

  /**
   * Runs work with the plan's model, once the calls before it have ended.
   * @param examples - The largest number of examples that the work gives the model at once.
   */
  protected inTurn<Result>(
    request: Request,
    examples: number,
    run: (model: Model, work: Work) => Promise<Result>,
  ): Promise<Result> {
    return this.#inTurn(request, async (work) =>
      run(await this.engine.prepare(request, examples), work),
    );
  }

  #inTurn<Result>(stops: Stops, run: (work: Work) => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(() => this.#run(stops, run));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #run<Result>(
    { signal, hold }: Stops,
    run: (work: Work) => Promise<Result>,
  ): Promise<Result> {
    const work = new Work([this.#disposal.signal, signal], hold);
    work.checkStopped();
    try {
      return await run(work);
    } catch (error) {
      throw asTributaryError(error, "TRAINING_FAILED", `Training failed on ${this.engine.name}`);
    }
  }
}

/**
 * @throws TributaryError `BAD_PARAMETER` when `weights` has another length than the model has
 *   parameters.
 */
export function requireWeightCount(weights: Float32Array, size: number): void {
  if (weights.length === size) return;
  throw new TributaryError(
    "BAD_PARAMETER",
    `The checkpoint has ${weights.length} values, but the model has ${size} parameters`,
    { remedy: "Give a checkpoint of this model." },
  );
}
