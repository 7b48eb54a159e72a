// One batch through tfjs. Everything except reading the results is synchronous: while a `tidy`
// scope waited, it would also catch tensors that the app makes.
import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";
import type { BatchResult } from "./engine-model.ts";
import type { ExampleBatch } from "./example-batch.ts";
import type { ExampleFormat } from "./example-format.ts";
import { activate, lossOf } from "./loss.ts";
import type { PreparedModel } from "./prepared-model.ts";
import { withFlatZero } from "./tfjs-gradients.ts";
import type { TfjsGradientTerms } from "./tfjs-gradient-terms.ts";

/** The result of a batch, still in tfjs's memory. `readPass` reads and frees it. */
export interface BatchPass {
  /** The mean loss of the batch's examples. */
  readonly loss: tf.Scalar;
  /** The model's outputs, shape [count, ...outputShape]. */
  readonly outputs: tf.Tensor;
}

/** Takes one optimizer step on a batch. Loss and outputs are those before the step. */
export function takeStep(
  {
    plan,
    model,
    optimizer,
    format,
    gradientTerms,
  }: {
    readonly plan: Plan;
    readonly model: PreparedModel;
    readonly optimizer: tf.Optimizer;
    readonly format: ExampleFormat;
    readonly gradientTerms: TfjsGradientTerms | undefined;
  },
  batch: ExampleBatch,
): BatchPass {
  return tf.tidy(() => {
    const inputs = inputTensor(batch.inputs, batch.count, format.inputShape);
    const targets = tf.tensor(batch.targets, [batch.count, ...format.outputShape]);
    let raw: tf.Tensor | undefined;
    const { value, grads } = tf.variableGrads(() => {
      // Kept, because `variableGrads` frees what its function makes.
      raw = tf.keep(applyModel(model, inputs, true));
      return withPenalties(model, lossOf(plan.training.loss, model.activation, targets, raw));
    }, [...model.trained]);
    optimizer.applyGradients(gradientTerms?.apply(grads) ?? grads);
    model.applyConstraints();
    const outputs = activate(raw!, model.activation);
    if (outputs !== raw) raw!.dispose();
    return { loss: tf.keep(value), outputs: tf.keep(outputs) };
  });
}

/**
 * Computes loss and outputs of a batch without training: without dropout, and with batch
 * normalisation by its moving averages.
 */
export function scoreBatch(
  plan: Plan,
  model: PreparedModel,
  format: ExampleFormat,
  batch: ExampleBatch,
): BatchPass {
  return tf.tidy(() => {
    const raw = applyModel(model, inputTensor(batch.inputs, batch.count, format.inputShape), false);
    const targets = tf.tensor(batch.targets, [batch.count, ...format.outputShape]);
    const loss = lossOf(plan.training.loss, model.activation, targets, raw);
    return {
      loss: tf.keep(withPenalties(model, loss)),
      outputs: tf.keep(activate(raw, model.activation)),
    };
  });
}

/** Reads the result of a batch, and frees it. */
export async function readPass({ loss, outputs }: BatchPass): Promise<BatchResult> {
  try {
    const [lossValue, outputValues] = await readAll([loss, outputs]);
    return { loss: lossValue![0]!, outputs: outputValues! };
  } finally {
    tf.dispose([loss, outputs]);
  }
}

/**
 * Computes the model's outputs for inputs that lie one after the other; shape [count,
 * ...outputShape].
 */
export async function predictBatch(
  model: PreparedModel,
  inputShape: readonly number[],
  inputs: Float32Array,
  count: number,
): Promise<Float32Array> {
  const outputs = tf.tidy(() =>
    activate(applyModel(model, inputTensor(inputs, count, inputShape), false), model.activation),
  );
  try {
    const [values] = await readAll([outputs]);
    return values!;
  } finally {
    outputs.dispose();
  }
}

function inputTensor(values: Float32Array, count: number, shape: readonly number[]): tf.Tensor {
  return tf.tensor(values, [count, ...shape]);
}

function applyModel(model: PreparedModel, inputs: tf.Tensor, training: boolean): tf.Tensor {
  const outputs = model.model.apply(inputs, { training });
  return (Array.isArray(outputs) ? outputs[0]! : outputs) as tf.Tensor;
}

/** Adds the penalties of the layers' regularizers to the loss, as Keras does. */
function withPenalties({ model }: PreparedModel, loss: tf.Scalar): tf.Scalar {
  const penalties = withFlatZero(() => model.calculateLosses());
  return penalties.reduce((sum, penalty) => tf.add(sum, penalty), loss);
}

/**
 * Reads tensors. A GPU can only be read asynchronously; elsewhere that would take longer than
 * reading at once.
 */
async function readAll(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  return tf.getBackend().startsWith("webg")
    ? Promise.all(tensors.map((tensor) => tensor.data<"float32">()))
    : tensors.map((tensor) => tensor.dataSync<"float32">());
}
