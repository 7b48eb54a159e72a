import {
  TributaryError,
  firstNonFinite,
  shapeSize,
  shuffledIndices,
  type Plan,
  type RandomSource,
} from "@tributary/protocol";
import { invalidExample, requireConsistent } from "../examples/example-faults.ts";
import { isReader, type ExampleSource } from "../examples/example-reader.ts";
import type { EngineModel } from "./engine-model.ts";
import type { ExampleBatch } from "./example-batch.ts";
import { checkBatch, checkedFormat, type ExampleChecks } from "./example-checks.ts";
import { inputShapeFor, type ExampleFormat } from "./example-format.ts";
import { passesOver, type ExamplePass } from "./example-passes.ts";
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
  request: TrainRequest<ExampleSource>,
  model: EngineModel,
  checks: ExampleChecks,
  work: Work,
): Promise<TrainResult> {
  const { plan, examples, rows, random, into, onProgress } = request;
  const { localEpochs, batchSize } = plan.training;
  const checked = checks.formatOf(request, model, work);
  const format = checked instanceof Promise ? await checked : checked;
  const count = rows?.length ?? examples.count;
  const batches = Math.ceil(count / batchSize);
  // Optimizer state such as momentum starts afresh: a client keeps nothing from one round to the
  // next. Training starts before the batches' memory is asked for, since an engine may only then
  // have some.
  const training = model.startTraining({ ...request, terms: stepTermsOf(request) }, format);
  const most = Math.min(batchSize, count);
  const check = checkBatch(plan, format, model);
  const begin = passesOver({ examples, format, model, most, check });
  let pass: ExamplePass | undefined;
  let measured: Measurement = { metrics: {}, bases: [] };
  let trained: Float32Array;
  const pauseIfDue = (): Promise<void> | undefined => work.pauseIfDue();
  try {
    for (let epoch = 1; epoch <= localEpochs; epoch++) {
      // Each epoch has a stream of its own, named by its number, so that an epoch's order does not
      // depend on what was drawn before it.
      const order = orderOf(request, random.derive(`order ${epoch}`));
      pass = begin(order);
      const sums = new MetricSums(plan.training, format);
      for (let batch = 1; batch <= batches; batch++) {
        const next = pass.next();
        const part = next instanceof Promise ? await next : next;
        const step = training.step(part, pauseIfDue);
        // Awaiting a result that is there already would cost a turn of the microtask queue in every
        // step.
        const { loss, outputs } = step instanceof Promise ? await step : step;
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
    pass?.end();
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
  { plan, examples }: EvaluateRequest<ExampleSource>,
  model: EngineModel,
  most: number,
  work: Work,
): Promise<Measurement> {
  const format = await checkedFormat(plan, examples, model, work);
  const sums = new MetricSums(plan.training, format);
  await forEachSlice({ plan, examples, format, model, most, work }, async (part) =>
    sums.add(await model.score(plan, format, part), part),
  );
  return sums.result();
}

/** Passes all examples to `visit` in their order, at most `most` at once. */
export async function forEachSlice(
  {
    plan,
    examples,
    format,
    model,
    most,
    work,
  }: {
    readonly plan: Plan;
    readonly examples: ExampleSource;
    readonly format: ExampleFormat;
    readonly model: EngineModel;
    readonly most: number;
    readonly work: Work;
  },
  visit: (part: ExampleBatch) => Promise<void> | void,
): Promise<void> {
  const check = checkBatch(plan, format, model);
  const order = Uint32Array.from({ length: examples.count }, (_, index) => index);
  const pass = passesOver({ examples, format, model, most, check })(order);
  try {
    for (let from = 0; from < examples.count; from += most) {
      await visit(await pass.next());
      await work.pauseIfDue();
    }
  } finally {
    pass.end();
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

/** Draws the order of an epoch: the indices of the examples in it. */
function orderOf(
  { examples, rows }: Pick<TrainRequest<ExampleSource>, "examples" | "rows">,
  random: RandomSource,
): Uint32Array {
  if (rows === undefined && isReader(examples) && examples.shuffle !== undefined) {
    return examples.shuffle(random);
  }
  const order = shuffledIndices(rows?.length ?? examples.count, random);
  if (rows !== undefined) for (let i = 0; i < order.length; i++) order[i] = rows[order[i]!]!;
  return order;
}

/** Training that diverges is the plan's fault or that of the features, so the remedy names both. */
function diverged(cause: string): TributaryError {
  return new TributaryError("TRAINING_FAILED", cause, {
    remedy: "Lower the learning rate, or scale the features to about 1.",
  });
}
