import { TributaryError, shuffledIndices, type Plan } from "@tributary/protocol";
import type { Examples } from "../examples/examples.ts";
import { eventLoopBreak, type EventLoopBreak } from "./event-loop-break.ts";
import type { EngineModel } from "./engine-model.ts";
import { batchGatherer, batchMemory, type ExampleBatch } from "./example-batch.ts";
import {
  allFinite,
  exampleFormat,
  inputShapeFor,
  invalidExample,
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
import { stepTermsOf } from "./step-terms.ts";

/** Most examples between two looks at the signals while examples are checked. */
const CHECKED_AT_ONCE = 256;

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

  /**
   * To be called between batches.
   * @returns What to await first, when others are due.
   * @throws TributaryError as `checkStopped`.
   */
  breathe(): Promise<void> | undefined {
    this.checkStopped();
    return this.#break()?.then(() => this.checkStopped());
  }
}

/** Trains the model's current weights: see `LocalTrainer.train`. */
export async function trainModel(
  request: TrainRequest,
  model: EngineModel,
  work: Work,
): Promise<TrainResult> {
  const { plan, examples, random, onProgress } = request;
  const { localEpochs, batchSize } = plan.training;
  const format = await checkedFormat(plan, examples, model, work);
  const batches = Math.ceil(examples.count / batchSize);
  // Momentum and the like begin anew: a client keeps nothing from one round to the next.
  const training = model.startTraining({ ...request, terms: stepTermsOf(request) }, format);
  const gather = gathererFor(model, examples, format, Math.min(batchSize, examples.count));
  let metrics: TrainingMetrics = {};
  let trained: Float32Array;
  try {
    for (let epoch = 1; epoch <= localEpochs; epoch++) {
      const order = shuffledIndices(examples.count, random.derive(`order ${epoch}`));
      const sums = new MetricSums(plan.training, format);
      for (let batch = 1; batch <= batches; batch++) {
        const from = (batch - 1) * batchSize;
        const part = gather(order, from, Math.min(examples.count, from + batchSize));
        const pass = training.step(part);
        const { loss, outputs } = pass instanceof Promise ? await pass : pass;
        if (!Number.isFinite(loss))
          throw diverged(`The loss is ${loss} in epoch ${epoch}, batch ${batch}`);
        sums.add({ loss, outputs }, part);
        onProgress?.({ epoch, epochs: localEpochs, batch, batches, loss });
        const pause = work.breathe();
        if (pause !== undefined) await pause;
      }
      metrics = sums.means();
    }
    trained = await training.weights();
  } finally {
    training.end();
  }
  if (!allFinite(trained, 0, trained.length)) throw diverged("A weight is no longer finite");
  return { weights: trained, metrics, steps: localEpochs * batches, exampleCount: examples.count };
}

/**
 * Scores the model's current weights: see `LocalTrainer.evaluate`.
 * @param most - Examples at once.
 */
export async function evaluateModel(
  { plan, examples }: EvaluateRequest,
  model: EngineModel,
  most: number,
  work: Work,
): Promise<TrainingMetrics> {
  const format = await checkedFormat(plan, examples, model, work);
  const sums = new MetricSums(plan.training, format);
  await forEachSlice({ examples, format, model, most, work }, async (part) =>
    sums.add(await model.score(plan, format, part), part),
  );
  return sums.means();
}

/** Visits all examples in their order, at most `most` at once. */
export async function forEachSlice(
  {
    examples,
    format,
    model,
    most,
    work,
  }: {
    readonly examples: Examples;
    readonly format: ExampleFormat;
    readonly model: EngineModel;
    readonly most: number;
    readonly work: Work;
  },
  visit: (part: ExampleBatch) => Promise<void> | void,
): Promise<void> {
  const gather = gathererFor(model, examples, format, Math.min(most, examples.count));
  const order = Uint32Array.from({ length: examples.count }, (_, index) => index);
  for (let from = 0; from < examples.count; from += most) {
    await visit(gather(order, from, Math.min(examples.count, from + most)));
    await work.breathe();
  }
}

/**
 * Applies the model's current weights: see `LocalTrainer.predict`.
 * @param most - Examples at once.
 */
export async function predictWithModel(
  { features, featureShape, count }: PredictRequest,
  model: EngineModel,
  most: number,
  work: Work,
): Promise<Float32Array> {
  const inputShape = inputShapeFor(model.inputShape, featureShape);
  const inputSize = sizeOf(inputShape);
  requireConsistent({ features, featureShape, count });
  for (let index = 0; index < count && model.inputFault !== undefined; index++) {
    const fault = model.inputFault(features, index * inputSize, (index + 1) * inputSize);
    if (fault !== undefined) throw invalidExample(index, fault);
  }
  const outputSize = sizeOf(model.outputShapeFor(inputShape));
  const predictions = new Float32Array(count * outputSize);
  for (let from = 0; from < count; from += most) {
    const to = Math.min(count, from + most);
    const inputs = features.subarray(from * inputSize, to * inputSize);
    predictions.set(await model.predict(inputShape, inputs, to - from), from * outputSize);
    await work.breathe();
  }
  return predictions;
}

function gathererFor(
  model: EngineModel,
  examples: Examples,
  format: ExampleFormat,
  largest: number,
): ReturnType<typeof batchGatherer> {
  const memory = model.batchMemory?.() ?? batchMemory(format, largest);
  return batchGatherer(examples, format, memory);
}

/** Finds how the examples fit the model, and looks at every one of them. */
export async function checkedFormat(
  plan: Plan,
  examples: Examples,
  model: EngineModel,
  work: Work,
): Promise<ExampleFormat> {
  requireConsistent(examples);
  const { loss } = plan.training;
  const inputShape = inputShapeFor(model.inputShape, examples.featureShape);
  const outputShape = model.outputShapeFor(inputShape);
  const format = exampleFormat(loss, inputShape, outputShape, examples.labelShape);
  for (let index = 0; index < examples.count; index++) {
    requireUsable(examples, index, format, loss);
    const { inputSize } = format;
    const fault = model.inputFault?.(examples.features, index * inputSize, (index + 1) * inputSize);
    if (fault !== undefined) throw invalidExample(index, fault);
    if (index % CHECKED_AT_ONCE === 0) await work.breathe();
  }
  return format;
}

function diverged(cause: string): TributaryError {
  return new TributaryError("TRAINING_FAILED", cause, {
    remedy: "Lower the learning rate, or scale the features to about 1.",
  });
}
