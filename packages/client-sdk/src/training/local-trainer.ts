import type { MetricBasis, Plan, RandomSource } from "@tributary/protocol";
import type { ExampleSource } from "../examples/example-reader.ts";
import type { Examples } from "../examples/examples.ts";

/** The loss (`loss`) and the plan's metrics by name, over the examples of one client. */
export type TrainingMetrics = Record<string, number>;

/** What was measured on the examples of one client. */
export interface Measurement {
  readonly metrics: TrainingMetrics;
  /**
   * The sums from which those of the plan's metrics are computed that are no means, such as F1. They
   * add up over clients.
   */
  readonly bases: readonly MetricBasis[];
}

/** How far a training has come, told after each batch. */
export interface TrainingProgress {
  /** The local epoch, counted from 1. */
  readonly epoch: number;
  /** The number of local epochs. */
  readonly epochs: number;
  /** The batch within the epoch, counted from 1. */
  readonly batch: number;
  /** The number of batches in an epoch. */
  readonly batches: number;
  /** The mean loss of the batch's examples, before the step that it led to. */
  readonly loss: number;
}

/**
 * Changes to the gradient of each step, in addition to those that the plan names or in their place.
 * A term that is not given has no effect. A step applies them in this order: it clips the gradient
 * of each example and averages them; adds the correction, the proximal term and the weight decay;
 * and clips the sum.
 */
export interface StepTerms {
  /**
   * The bound on the L2 norm of each example's gradient, in weight units, > 0. Each example then
   * needs a pass of its own (arXiv:1607.00133).
   */
  readonly exampleClipNorm?: number;
  /**
   * A vector that is added to the gradient of every step, shape [layout.size]: a control variate
   * (arXiv:1910.06378). Not modified.
   */
  readonly correction?: Float32Array;
  /**
   * The factor μ ≥ 0 of the proximal term μ/2 · ‖w − w₀‖², where w₀ are the weights at the start
   * (arXiv:1812.06127).
   */
  readonly proximal?: number;
  /** The factor λ ≥ 0 of the term λ/2 · ‖w‖². */
  readonly weightDecay?: number;
  /** The bound on the L2 norm of every step's gradient, in weight units, > 0. */
  readonly gradientClipNorm?: number;
}

/** A request to train on examples in memory or, for trainers that take readers, on a reader of them. */
export interface TrainRequest<Source extends ExampleSource = Examples> {
  /** What to train, and how. */
  readonly plan: Plan;
  /** The whole checkpoint, Float32, shape [layout.size]; not modified. */
  readonly weights: Float32Array;
  /** The examples to train on; not modified. */
  readonly examples: Source;
  /**
   * Which of the examples to train on, by their indices: the same as training on a copy of these, but
   * no copy is made. All of them if left out. The examples must not change between calls that give
   * indices, because each example is then checked only once.
   */
  readonly rows?: Uint32Array | undefined;
  /**
   * The source of the order of examples and of dropout masks. Streams are derived from it by name;
   * nothing is drawn from the source itself.
   */
  readonly random: RandomSource;
  /**
   * Where the trained parameters are written, shape [layout.size], of which a caller of many trainings
   * uses the same memory again. A trainer may ignore it.
   */
  readonly into?: Float32Array | undefined;
  /**
   * Every engine has `proximal` and `gradientClipNorm`. An engine that lacks one of the others
   * rejects a request for it with `BAD_PARAMETER`.
   */
  readonly terms?: StepTerms | undefined;
  /** Stops the training, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Asked between batches, and within long ones: the training waits for what it returns. A trainer
   * may ignore it.
   */
  readonly hold?: (() => Promise<void> | undefined) | undefined;
  /** Called after every batch. What it throws ends the training. */
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/** A request to train for many clients, one after the other. */
export interface TrainEachRequest {
  /** Decides on the engine. */
  readonly plan: Plan;
  /**
   * Gives the next request, once the result of the one before has been given away; undefined when
   * there is none. All are about the plan's model, and their own plans may differ in how long it is
   * trained. Their own `signal` and `hold` are not looked at. What this throws ends the trainings.
   */
  readonly next: () => TrainRequest<ExampleSource> | undefined;
  /** Stops the trainings, which then reject with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** As in `TrainRequest`. */
  readonly hold?: TrainRequest["hold"];
}

/** The result of a training. */
export interface TrainResult {
  /**
   * All parameters after training, shape [layout.size]: in new memory, or in that of the request. Frozen parameters are bit
   * for bit those of the request.
   */
  readonly weights: Float32Array;
  /** Loss and metrics over the last local epoch. Each batch is measured before its own step. */
  readonly metrics: TrainingMetrics;
  /** As in `Measurement`. A trainer may leave it out if the plan's metrics are all means. */
  readonly bases?: readonly MetricBasis[];
  /** The number of optimizer steps. */
  readonly steps: number;
  /** The number of examples that were trained on. */
  readonly exampleCount: number;
}

/** A request to measure a checkpoint, on examples as in `TrainRequest`. */
export interface EvaluateRequest<Source extends ExampleSource = Examples> {
  /** The plan names the model, the loss and the metrics. */
  readonly plan: Plan;
  /** The whole checkpoint; not modified. */
  readonly weights: Float32Array;
  /** The examples to measure on; not modified. */
  readonly examples: Source;
  /** Stops the evaluation, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** As in `TrainRequest`. */
  readonly hold?: (() => Promise<void> | undefined) | undefined;
}

/** A request for a model's outputs. */
export interface PredictRequest {
  /** The plan names the model. */
  readonly plan: Plan;
  /** The whole checkpoint; not modified. */
  readonly weights: Float32Array;
  /** The inputs, row-major, shape [count, ...featureShape]. */
  readonly features: Float32Array;
  /** The shape of one example's features. */
  readonly featureShape: readonly number[];
  /** The number of examples. */
  readonly count: number;
  /** Stops the prediction, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal | undefined;
  /** As in `TrainRequest`. */
  readonly hold?: (() => Promise<void> | undefined) | undefined;
}

/** With which engine a trainer trains a plan. */
export interface EngineChoice {
  readonly engine: "fused" | "native" | "tfjs";
  /** The backend that the engine computes with, such as `wasm`. */
  readonly backend: string;
  /** Why this engine was chosen: a clause for people to read. */
  readonly reason: string;
  /**
   * Why the engine's backend is a slow one that nobody asked for, and which file is missing: a clause
   * for people to read.
   */
  readonly slowBecause?: string;
}

/**
 * Trains a plan's model on local examples. Every call starts from the weights that it is given, and
 * keeps nothing for the next call: optimizer state ends with the call. The same request gives the
 * same bits on the same engine. Calls that are made at once run one after the other.
 *
 * All methods reject with `EXAMPLES_INVALID` when the examples do not fit the model (the message
 * names the example or both shapes), `MODEL_UNSUPPORTED` when the engine cannot build the model,
 * `BAD_PARAMETER` when the weights are not of the model's size, and `ABORTED` when the signal is
 * aborted or the trainer is disposed.
 */
export interface LocalTrainer {
  /**
   * Whether `train`, `evaluate` and `measure` take an `ExampleReader` in place of examples. A trainer
   * that does not say so is given examples in memory only.
   */
  readonly takesReaders?: boolean;
  /**
   * Trains the plan's local epochs. The examples of a reader are checked batch by batch in the first
   * epoch, and give the same bits as the same examples in memory, in the order that the reader draws.
   * @throws TributaryError also `TRAINING_FAILED` when the loss or a weight is no longer finite.
   */
  train(request: TrainRequest<ExampleSource>): Promise<TrainResult>;
  /**
   * Measures the plan's loss and metrics on the examples, without dropout and without changing
   * anything.
   */
  evaluate(request: EvaluateRequest<ExampleSource>): Promise<TrainingMetrics>;
  /**
   * Measures as `evaluate` does, and gives the bases of metrics too. A trainer without this method
   * evaluates only plans whose metrics are all means.
   */
  measure?(request: EvaluateRequest<ExampleSource>): Promise<Measurement>;
  /** Computes the model's outputs, row-major, shape [count, ...outputShape]. */
  predict(request: PredictRequest): Promise<Float32Array>;
  /**
   * Tells which engine a plan is trained with. Trainers with several engines have this method.
   * @throws TributaryError `ENGINE_UNAVAILABLE` when the engine that is needed cannot be used.
   */
  choose?(plan: Plan): Promise<EngineChoice>;
  /**
   * Frees the engine's memory. A call under way rejects with `ABORTED`. Calling it again has no
   * effect.
   */
  dispose(): void;
}

/**
 * A trainer that gives the bases of metrics too and trains for many clients, as those of this package
 * do.
 */
export interface MeasuringTrainer extends LocalTrainer {
  measure(request: EvaluateRequest<ExampleSource>): Promise<Measurement>;
  /**
   * Trains as `train` does, once for each request. Where the engine computes in this thread, nothing
   * is waited for between two small trainings but the events of the thread, every few milliseconds.
   * @param trained - Called with each result. What it throws ends the trainings.
   * @throws TributaryError as `train`.
   */
  trainEach(request: TrainEachRequest, trained: (result: TrainResult) => void): Promise<void>;
}
