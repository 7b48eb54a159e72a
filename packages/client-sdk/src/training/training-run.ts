import { TributaryError, firstNonFinite, shapeSize, shuffledIndices } from "@tributary/protocol";
import { invalidExample, requireConsistent } from "../examples/example-faults.ts";
import type { Examples } from "../examples/examples.ts";
import type { EngineModel } from "./engine-model.ts";
import { batchGatherer, batchMemory, type ExampleBatch } from "./example-batch.ts";
import { checkedFormat, type ExampleChecks } from "./example-checks.ts";
import { inputShapeFor, type ExampleFormat } from "./example-format.ts";
import type {
  EvaluateRequest,
  Measurement,
  PredictRequest,
  TrainRequest,
  TrainResult,
} from "./local-trainer.ts";
import { MetricSums } from "./metrics.ts";
import { stepTermsOf } from "./step-terms.ts";
import type { Work } from "./work.ts";

/** Trains the weights that are in the model: see `LocalTrainer.train`. */
export async function trainModel(
  request: TrainRequest,
  model: EngineModel,
  checks: ExampleChecks,
  work: Work,
): Promise<TrainResult> {
  const { plan, examples, rows, random, into, onProgress } = request;
  const { localEpochs, batchSize } = plan.training;
  const format = await checks.formatOf(request, model, work);
  const count = rows?.length ?? examples.count;
  const batches = Math.ceil(count / batchSize);
  // Optimizer state such as momentum starts afresh: a client keeps nothing from one round to the
  // next. Training starts before the batches' memory is asked for, since an engine may only then
  // have some.
  const training = model.startTraining({ ...request, terms: stepTermsOf(request) }, format);
  const gather = gathererFor(model, examples, format, Math.min(batchSize, count));
  let measured: Measurement = { metrics: {}, bases: [] };
  let trained: Float32Array;
  const pauseIfDue = (): Promise<void> | undefined => work.pauseIfDue();
  try {
    for (let epoch = 1; epoch <= localEpochs; epoch++) {
      // Each epoch has a stream of its own, named by its number, so that an epoch's order does not
      // depend on what was drawn before it.
      const order = shuffledIndices(count, random.derive(`order ${epoch}`));
      if (rows !== undefined) for (let i = 0; i < count; i++) order[i] = rows[order[i]!]!;
      const sums = new MetricSums(plan.training, format);
      for (let batch = 1; batch <= batches; batch++) {
        const from = (batch - 1) * batchSize;
        const part = gather(order, from, Math.min(count, from + batchSize));
        const pass = training.step(part, pauseIfDue);
        // Awaiting a result that is there already would cost a turn of the microtask queue in every
        // step.
        const { loss, outputs } = pass instanceof Promise ? await pass : pass;
        if (!Number.isFinite(loss))
          throw diverged(`The loss became ${loss} in epoch ${epoch}, batch ${batch}`);
        sums.add({ loss, outputs }, part);
        onProgress?.({ epoch, epochs: localEpochs, batch, batches, loss });
        const pause = work.pauseIfDue();
        if (pause !== undefined) await pause;
      }
      measured = sums.result();
    }
    const copy = training.weights(into);
    trained = copy instanceof Promise ? await copy : copy;
    if (!(training.isFinite?.() ?? firstNonFinite(trained) < 0)) {
      throw diverged("A weight became infinite or NaN");
    }
  } finally {
    training.end();
  }
  const steps = localEpochs * batches;
  return { weights: trained, ...measured, steps, exampleCount: count };
}

/**
 * Measures the weights that are in the model: see `LocalTrainer.measure`.
 * @param most - The largest number of examples in one pass.
 */
export async function evaluateModel(
  { plan, examples }: EvaluateRequest,
  model: EngineModel,
  most: number,
  work: Work,
): Promise<Measurement> {
  const format = await checkedFormat(plan, examples, model, work);
  const sums = new MetricSums(plan.training, format);
  await forEachSlice({ examples, format, model, most, work }, async (part) =>
    sums.add(await model.score(plan, format, part), part),
  );
  return sums.result();
}

/** Passes all examples to `visit` in their order, at most `most` at once. */
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
    await work.pauseIfDue();
  }
}

/**
 * Computes the model's outputs with the weights that are in it: see `LocalTrainer.predict`.
 * @param most - The largest number of examples in one pass.
 */
export async function predictWithModel(
  { features, featureShape, count }: PredictRequest,
  model: EngineModel,
  most: number,
  work: Work,
): Promise<Float32Array> {
  const inputShape = inputShapeFor(model.inputShape, featureShape);
  const inputSize = shapeSize(inputShape);
  requireConsistent({ features, featureShape, count });
  for (let index = 0; index < count && model.inputFault !== undefined; index++) {
    const fault = model.inputFault(features, index * inputSize, (index + 1) * inputSize);
    if (fault !== undefined) throw invalidExample(index, fault);
  }
  const outputSize = shapeSize(model.outputShapeFor(inputShape));
  const predictions = new Float32Array(count * outputSize);
  for (let from = 0; from < count; from += most) {
    const to = Math.min(count, from + most);
    const inputs = features.subarray(from * inputSize, to * inputSize);
    predictions.set(await model.predict(inputShape, inputs, to - from), from * outputSize);
    await work.pauseIfDue();
  }
  return predictions;
}

/** Makes the function that gathers batches, in the engine's own memory if it has some. */
function gathererFor(
  model: EngineModel,
  examples: Examples,
  format: ExampleFormat,
  largest: number,
): ReturnType<typeof batchGatherer> {
  const memory = model.batchMemory?.() ?? batchMemory(format, largest);
  return batchGatherer(examples, format, memory);
}

/** Training that diverges is the plan's fault or that of the features, so the remedy names both. */
function diverged(cause: string): TributaryError {
  return new TributaryError("TRAINING_FAILED", cause, {
    remedy: "Lower the learning rate, or scale the features to about 1.",
  });
}
