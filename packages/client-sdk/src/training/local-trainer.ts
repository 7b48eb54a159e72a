import type { Plan, RandomSource } from "@tributary/protocol";
import type { Examples } from "../examples/examples.ts";

/** Values of the loss and of the plan's metrics by name, means over examples. */
export type TrainingMetrics = Record<string, number>;

/** How far a training has come, after one batch. */
export interface TrainingProgress {
  /** Local epoch, from 1. */
  readonly epoch: number;
  /** Local epochs in all. */
  readonly epochs: number;
  /** Batch of the epoch, from 1. */
  readonly batch: number;
  /** Batches in an epoch. */
  readonly batches: number;
  /** Mean loss of the batch's examples, before the step that it led to. */
  readonly loss: number;
}

/**
 * What a training adds to its steps, beside or instead of what the plan says; nothing unless given. In a step's order: each example's gradient is
 * clipped, gradients are averaged, correction, proximal term and weight decay are added, and the sum is clipped.
 */
export interface StepTerms {
  /** L2 bound of each example's gradient, weight units; > 0. Takes a pass for each example (arXiv:1607.00133). */
  readonly exampleClipNorm?: number;
  /** Added to every step's gradient, shape [layout.size]: a control variate (arXiv:1910.06378). Not modified. */
  readonly correction?: Float32Array;
  /** μ of the proximal term μ/2 · ‖w − w₀‖², w₀ being the given weights; ≥ 0 (arXiv:1812.06127). */
  readonly proximal?: number;
  /** λ of λ/2 · ‖w‖²; ≥ 0. */
  readonly weightDecay?: number;
  /** L2 bound of every step's gradient, weight units; > 0. */
  readonly gradientClipNorm?: number;
}

export interface TrainRequest {
  readonly plan: Plan;
  /** The whole checkpoint, Float32, shape [layout.size]; not modified. */
  readonly weights: Float32Array;
  readonly examples: Examples;
  /** Decides the order of examples and the dropout masks; children are derived, nothing is drawn from it itself. */
  readonly random: RandomSource;
  /** `proximal` and `gradientClipNorm`, or all for an engine that says so; `BAD_PARAMETER` elsewhere. */
  readonly terms?: StepTerms | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after every batch; what it throws ends the training. */
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

export interface TrainResult {
  /** The trained checkpoint, new memory, shape [layout.size]; frozen parameters are bit for bit those given. */
  readonly weights: Float32Array;
  /** Loss and metrics over the last local epoch, each batch taken before its own step. */
  readonly metrics: TrainingMetrics;
  /** Optimizer steps taken. */
  readonly steps: number;
  /** Examples trained on. */
  readonly exampleCount: number;
}

export interface EvaluateRequest {
  readonly plan: Plan;
  /** The whole checkpoint; not modified. */
  readonly weights: Float32Array;
  readonly examples: Examples;
  readonly signal?: AbortSignal | undefined;
}

export interface PredictRequest {
  readonly plan: Plan;
  /** The whole checkpoint; not modified. */
  readonly weights: Float32Array;
  /** Row-major, shape [count, ...featureShape]. */
  readonly features: Float32Array;
  readonly featureShape: readonly number[];
  readonly count: number;
  readonly signal?: AbortSignal | undefined;
}

/** What a trainer trains a plan with. */
export interface EngineChoice {
  readonly engine: "fused" | "tfjs";
  /** What the engine computes with, such as `wasm`. */
  readonly backend: string;
  /** Why, as a clause for people. */
  readonly reason: string;
}

/**
 * Trains a plan's model on local examples. Every call starts from the weights it is given and leaves nothing behind:
 * optimizer state does not outlive a call. The same request gives the same bits on the same engine.
 * Calls run one after the other.
 *
 * All reject with `EXAMPLES_INVALID` when examples do not fit the model (naming the example or both shapes),
 * `MODEL_UNSUPPORTED` when the engine cannot build the model, `ABORTED` when the signal fires, and `BAD_PARAMETER`
 * when weights are not of the model's size or the trainer is disposed.
 */
export interface LocalTrainer {
  /** @throws TributaryError also `TRAINING_FAILED` when the loss or a weight is no longer finite. */
  train(request: TrainRequest): Promise<TrainResult>;
  /** The plan's loss and metrics on examples, without dropout or any change. */
  evaluate(request: EvaluateRequest): Promise<TrainingMetrics>;
  /** The model's outputs, row-major, shape [count, ...outputShape]. */
  predict(request: PredictRequest): Promise<Float32Array>;
  /**
   * Which engine a plan is trained with, for a trainer that has several.
   * @throws TributaryError `ENGINE_UNAVAILABLE` when the one that is needed cannot be used.
   */
  choose?(plan: Plan): Promise<EngineChoice>;
  /** Frees the engine's memory; idempotent. A call under way ends with `ABORTED`. */
  dispose(): void;
}
