// What an engine is to the loop over epochs and batches: the loop, its checks and its metrics are the same for all.
import type { Plan } from "@tributary/protocol";
import type { TrainRequest } from "./local-trainer.ts";
import type { BatchMemory, ExampleBatch } from "./example-batch.ts";
import type { ExampleFormat, OpenShape } from "./example-format.ts";

/** What a pass over a batch gave. */
export interface BatchResult {
  /** Mean over the batch. */
  readonly loss: number;
  /** Shape [count, ...outputShape]; the next pass may overwrite it. */
  readonly outputs: Float32Array;
}

/** Engines that compute in this thread answer at once, which is cheaper. */
export type Soon<T> = T | Promise<T>;

/** A plan's model on an engine, with a request's weights in it. */
export interface EngineModel {
  readonly inputShape: OpenShape;
  /** What is wrong with an example's features from one place to another, as a clause; for models that take indices. */
  inputFault?(features: Float32Array, from: number, to: number): string | undefined;
  outputShapeFor(inputShape: readonly number[]): number[];
  /**
   * Makes ready to train from the weights that are in it; before `batchMemory` is asked for.
   * @param request - With the plan's own terms among `terms`, all in range.
   * @throws TributaryError `MODEL_UNSUPPORTED` when the engine would train it wrongly, `BAD_PARAMETER` for terms that
   *   it does not have.
   */
  startTraining(
    request: Pick<TrainRequest, "plan" | "random" | "terms">,
    format: ExampleFormat,
  ): EngineTraining;
  /** Loss and outputs without training: no dropout, and batch normalisation by its averages. */
  score(plan: Plan, format: ExampleFormat, batch: ExampleBatch): Soon<BatchResult>;
  /** The model's outputs for inputs side by side, shape [count, ...outputShape]. */
  predict(inputShape: readonly number[], inputs: Float32Array, count: number): Soon<Float32Array>;
  /** Memory of the engine's own for batches; else they come in memory of the loop's. */
  batchMemory?(): BatchMemory;
}

/** One training under way. */
export interface EngineTraining {
  /** One optimizer step. Loss and outputs are those before it. */
  step(batch: ExampleBatch): Soon<BatchResult>;
  /** The whole checkpoint as it is now, new memory. */
  weights(): Soon<Float32Array>;
  /** Frees what the training had. */
  end(): void;
}
