import { TributaryError, shuffledIndices, type Plan } from "@tributary/protocol";
import type { Examples } from "../examples/examples.ts";
import { readWeights } from "../models/layers-model.ts";
import { eventLoopBreak, type EventLoopBreak } from "./event-loop-break.ts";
import { batchGatherer } from "./example-batch.ts";
import {
  allFinite,
  exampleFormat,
  inputShapeFor,
  requireConsistent,
  requireUsable,
  sizeOf,
  type ExampleFormat,
} from "./example-format.ts";
import type {
  EvaluateRequest,
  PredictRequest,
  TrainRequest,
  TrainResult,
  TrainingMetrics,
} from "./local-trainer.ts";
import { MetricSums } from "./metrics.ts";
import type { PreparedModel } from "./prepared-model.ts";
import { predictBatch, readPass, scoreBatch, takeStep } from "./tfjs-step.ts";
import { disposeOptimizer, tfjsOptimizer } from "./tfjs-optimizer.ts";

/** Examples a pass without training takes: large enough to be quick, small enough to leave a page breathing. */
const EVALUATION_BATCH = 256;

/** One call under way: when it must stop, and when it must let others work. */
export class Work {
  readonly #signals: readonly AbortSignal[];
  readonly #break: EventLoopBreak = eventLoopBreak();

  constructor(signals: readonly (AbortSignal | undefined)[]) {
    this.#signals = signals.filter((signal) => signal !== undefined);
  }

  /** @throws TributaryError `ABORTED` when one of the signals has fired. */
  checkStopped(): void {
    const stopped = this.#signals.find(({ aborted }) => aborted);
    if (stopped === undefined) return;
    throw new TributaryError("ABORTED", "The training was stopped", { cause: stopped.reason });
  }

  /** To be awaited between batches. */
  async breathe(): Promise<void> {
    await this.#break();
    this.checkStopped();
  }
}

/** Trains the model's current weights: see `LocalTrainer.train`. */
export async function trainModel(
  { plan, examples, random, weights, onProgress }: TrainRequest,
  model: PreparedModel,
  work: Work,
): Promise<TrainResult> {
  const { localEpochs, batchSize, optimizer: spec } = plan.training;
  model.requireSoundGradients();
  const format = await checkedFormat(plan, examples, model, work);
  const gather = batchGatherer(examples, format, Math.min(batchSize, examples.count));
  const batches = Math.ceil(examples.count / batchSize);
  model.seedDropout(random);
  // Momentum and the like begin anew: a client keeps nothing from one round to the next.
  const optimizer = tfjsOptimizer(spec);
  let metrics: TrainingMetrics = {};
  try {
    for (let epoch = 1; epoch <= localEpochs; epoch++) {
      const order = shuffledIndices(examples.count, random.derive(`order ${epoch}`));
      const sums = new MetricSums(plan.training, format);
      for (let batch = 1; batch <= batches; batch++) {
        const from = (batch - 1) * batchSize;
        const part = gather(order, from, Math.min(examples.count, from + batchSize));
        const pass = await readPass(takeStep(plan, model, optimizer, format, part));
        if (!Number.isFinite(pass.loss))
          throw diverged(`The loss is ${pass.loss} in epoch ${epoch}, batch ${batch}`);
        sums.add(pass, part);
        onProgress?.({ epoch, epochs: localEpochs, batch, batches, loss: pass.loss });
        await work.breathe();
      }
      metrics = sums.means();
    }
  } finally {
    disposeOptimizer(optimizer);
  }
  const trained = await readWeights(model.weights, model.layout);
  for (const { offset, size } of model.frozen) {
    trained.set(weights.subarray(offset, offset + size), offset);
  }
  if (!allFinite(trained, 0, trained.length)) throw diverged("A weight is no longer finite");
  return { weights: trained, metrics, steps: localEpochs * batches, exampleCount: examples.count };
}

/** Scores the model's current weights: see `LocalTrainer.evaluate`. */
export async function evaluateModel(
  { plan, examples }: EvaluateRequest,
  model: PreparedModel,
  work: Work,
): Promise<TrainingMetrics> {
  const format = await checkedFormat(plan, examples, model, work);
  const gather = batchGatherer(examples, format, Math.min(EVALUATION_BATCH, examples.count));
  const order = Uint32Array.from({ length: examples.count }, (_, index) => index);
  const sums = new MetricSums(plan.training, format);
  for (let from = 0; from < examples.count; from += EVALUATION_BATCH) {
    const part = gather(order, from, Math.min(examples.count, from + EVALUATION_BATCH));
    sums.add(await readPass(scoreBatch(plan, model, format, part)), part);
    await work.breathe();
  }
  return sums.means();
}

/** Applies the model's current weights: see `LocalTrainer.predict`. */
export async function predictWithModel(
  { features, featureShape, count }: PredictRequest,
  model: PreparedModel,
  work: Work,
): Promise<Float32Array> {
  const inputShape = inputShapeFor(model.inputShape, featureShape);
  const inputSize = sizeOf(inputShape);
  requireConsistent({ features, featureShape, count });
  const outputSize = sizeOf(model.outputShapeFor(inputShape));
  const predictions = new Float32Array(count * outputSize);
  for (let from = 0; from < count; from += EVALUATION_BATCH) {
    const to = Math.min(count, from + EVALUATION_BATCH);
    const inputs = features.subarray(from * inputSize, to * inputSize);
    predictions.set(await predictBatch(model, inputShape, inputs, to - from), from * outputSize);
    await work.breathe();
  }
  return predictions;
}

/** Finds how the examples fit the model, and looks at every one of them. */
async function checkedFormat(
  plan: Plan,
  examples: Examples,
  model: PreparedModel,
  work: Work,
): Promise<ExampleFormat> {
  requireConsistent(examples);
  const { loss } = plan.training;
  const inputShape = inputShapeFor(model.inputShape, examples.featureShape);
  const outputShape = model.outputShapeFor(inputShape);
  const format = exampleFormat(loss, inputShape, outputShape, examples.labelShape);
  for (let index = 0; index < examples.count; index++) {
    requireUsable(examples, index, format, loss);
    if (index % EVALUATION_BATCH === 0) await work.breathe();
  }
  return format;
}

function diverged(cause: string): TributaryError {
  return new TributaryError("TRAINING_FAILED", cause, {
    remedy: "Lower the learning rate, or scale the features to about 1.",
  });
}
