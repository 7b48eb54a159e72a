import type { Plan } from "@tributary/protocol";
import { readWeights } from "../models/layers-model.ts";
import type { BatchResult, EngineModel, EngineTraining } from "./engine-model.ts";
import type { ExampleBatch } from "./example-batch.ts";
import { indexFault, type ExampleFormat, type OpenShape } from "./example-format.ts";
import type { PreparedModel } from "./prepared-model.ts";
import { tfjsGradientTerms } from "./tfjs-gradient-terms.ts";
import { disposeOptimizer, tfjsOptimizer } from "./tfjs-optimizer.ts";
import { predictBatch, readPass, scoreBatch, takeStep } from "./tfjs-step.ts";
import type { TrainRequest } from "./local-trainer.ts";

/** A prepared tfjs model in the form that the loop over batches uses. */
export class TfjsModel implements EngineModel {
  readonly #model: PreparedModel;
  readonly #weights: Float32Array;

  /**
   * @param weights - The checkpoint that was written into the model. Frozen parameters are returned
   *   from it.
   */
  constructor(model: PreparedModel, weights: Float32Array) {
    this.#model = model;
    this.#weights = weights;
  }

  get inputShape(): OpenShape {
    return this.#model.inputShape;
  }

  /** tfjs would round a feature that is no index, and read beside the table. */
  inputFault(features: Float32Array, from: number, to: number): string | undefined {
    const { indexCount } = this.#model;
    return indexCount === undefined ? undefined : indexFault(features, from, to, indexCount);
  }

  outputShapeFor(inputShape: readonly number[]): number[] {
    return this.#model.outputShapeFor(inputShape);
  }

  /** Starts new dropout masks, a fresh optimizer, and the terms of this training. */
  startTraining(
    { plan, random, terms }: Pick<TrainRequest, "plan" | "random" | "terms">,
    format: ExampleFormat,
  ): EngineTraining {
    const model = this.#model;
    model.requireSoundGradients();
    model.seedDropout(random);
    const gradientTerms = terms && tfjsGradientTerms(model.trained, terms);
    const optimizer = tfjsOptimizer(plan.training.optimizer);
    return {
      step: (batch) => readPass(takeStep({ plan, model, optimizer, format, gradientTerms }, batch)),
      weights: async () => {
        const trained = await readWeights(model.weights, model.layout);
        // tfjs may have changed parameters that are not trained, such as moving averages.
        for (const { offset, size } of model.frozen) {
          trained.set(this.#weights.subarray(offset, offset + size), offset);
        }
        return trained;
      },
      end() {
        disposeOptimizer(optimizer);
        gradientTerms?.dispose();
      },
    };
  }

  score(plan: Plan, format: ExampleFormat, batch: ExampleBatch): Promise<BatchResult> {
    return readPass(scoreBatch(plan, this.#model, format, batch));
  }

  predict(
    inputShape: readonly number[],
    inputs: Float32Array,
    count: number,
  ): Promise<Float32Array> {
    return predictBatch(this.#model, inputShape, inputs, count);
  }
}
