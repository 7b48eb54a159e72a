// What the loop over epochs and batches needs from an engine. The loop, its checks and its metrics
// are the same for all engines.
import type { Plan } from "@tributary/protocol";
import type { TrainRequest } from "./local-trainer.ts";
import type { BatchMemory, ExampleBatch } from "./example-batch.ts";
import type { ExampleFormat, OpenShape } from "./example-format.ts";

/** The result of one pass over a batch. */
export interface BatchResult {
  /** The mean loss of the batch's examples. */
  readonly loss: number;
  /** The model's outputs, shape [count, ...outputShape]. The next pass may overwrite them. */
  readonly outputs: Float32Array;
}

/**
 * A result that may be there at once. Engines that compute in this thread return it directly,
 * because waiting for a promise in every step would cost time.
 */
export type Awaitable<T> = T | Promise<T>;

/** A plan's model on an engine, with the weights of a request in it. */
export interface EngineModel {
  /** Shape of one input as the model states it. */
  readonly inputShape: OpenShape;
  /**
   * Checks the features of one example, `features[from]` to `features[to − 1]`, for models that
   * take indices (an embedding).
   * @returns What is wrong with them, as a clause; undefined when nothing is.
   */
  inputFault?(features: Float32Array, from: number, to: number): string | undefined;
  /** Shape of one output for an input of this shape. */
  outputShapeFor(inputShape: readonly number[]): number[];
  /**
   * Prepares to train from the weights that are in the model. It is called before `batchMemory`.
   * @param request - Its `terms` include those of the plan, and all of them are in range.
   * @throws TributaryError `MODEL_UNSUPPORTED` when the engine would train this model wrongly;
   *   `BAD_PARAMETER` for terms that the engine does not have.
   */
  startTraining(
    request: Pick<TrainRequest, "plan" | "random" | "terms">,
    format: ExampleFormat,
  ): EngineTraining;
  /**
   * Computes loss and outputs without training: without dropout, and with batch normalisation by
   * its moving averages.
   */
  score(plan: Plan, format: ExampleFormat, batch: ExampleBatch): Awaitable<BatchResult>;
  /**
   * Computes the model's outputs for inputs that lie one after the other; shape [count,
   * ...outputShape].
   */
  predict(
    inputShape: readonly number[],
    inputs: Float32Array,
    count: number,
  ): Awaitable<Float32Array>;
  /**
   * The engine's own memory for batches, which saves a copy. Without it the loop allocates memory.
   */
  batchMemory?(): BatchMemory;
}

/** One training under way. */
export interface EngineTraining {
  /**
   * Takes one optimizer step. Loss and outputs are those before the step.
   * @param pauseIfDue - To be called within a long step, as `Work.pauseIfDue`.
   */
  step(batch: ExampleBatch, pauseIfDue: () => Promise<void> | undefined): Awaitable<BatchResult>;
  /**
   * Copies all parameters as they are now.
   * @param into - Where they go; new memory if left out.
   * @returns The copy.
   */
  weights(into?: Float32Array): Awaitable<Float32Array>;
  /** Whether all parameters are finite, where an engine can tell it sooner than a look at a copy. */
  isFinite?(): boolean;
  /** Frees what the training has allocated. */
  end(): void;
}
