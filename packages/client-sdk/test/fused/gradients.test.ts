import * as tf from "@tensorflow/tfjs";
import type { Plan } from "@tributary/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import { GroupNormalization } from "../../src/models/group-normalization.ts";
import { MultiHeadAttention } from "../../src/models/multi-head-attention.ts";
import { compileTopology } from "../../src/training/fused/compile/compile-topology.ts";
import type { TrainingKernelSource } from "../../src/training/fused/kernels/training-kernels.ts";
import {
  compileTrainingKernels,
  wasmKernels,
} from "../../src/training/fused/kernels/wasm/wasm-kernels.ts";
import { FusedNetwork } from "../../src/training/fused/network/network.ts";
import { describeModel, planFor } from "../support/model-task.ts";
import { testRandom } from "../support/test-random.ts";

const { layers } = tf;

/** Smooth models, so that finite differences of the loss come near its gradient. */
const MODELS: Readonly<Record<string, () => tf.LayersModel>> = {
  "dense layers": () =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [5], units: 7, activation: "tanh" }),
        layers.dense({ units: 3, activation: "sigmoid" }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "convolutions, steps and padding": () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [6, 5, 2], filters: 3, kernelSize: 3, padding: "same" }),
        layers.activation({ activation: "tanh" }),
        layers.zeroPadding2d({ padding: 1 }),
        layers.conv2d({ filters: 4, kernelSize: [2, 3], strides: 2, activation: "sigmoid" }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  // tfjs itself divides by the size of the whole window here, at the edges as well.
  "mean pooling over the edges": () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [5, 5, 1], filters: 3, kernelSize: 2, activation: "tanh" }),
        layers.averagePooling2d({ poolSize: 3, strides: 2, padding: "same" }),
        layers.globalAveragePooling2d({}),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  // tfjs's cpu backend adds up the gradients of all images of a batch in the wrong places here.
  "images that grow": () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [3, 4, 1], filters: 2, kernelSize: 2, activation: "tanh" }),
        layers.upSampling2d({ size: [2, 3] }),
        layers.conv2d({ filters: 2, kernelSize: 3, activation: "swish" }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  // tfjs has no causal convolution.
  "convolutions that see no later moments": () =>
    tf.sequential({
      layers: [
        layers.conv1d({ inputShape: [7, 2], filters: 3, kernelSize: 3, padding: "causal" }),
        layers.activation({ activation: "tanh" }),
        layers.conv1d({ filters: 4, kernelSize: 2, dilationRate: 3, padding: "causal" }),
        layers.conv1d({ filters: 3, kernelSize: 3, strides: 2, padding: "causal" }),
        layers.globalAveragePooling1d(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "cells with other activations": () =>
    tf.sequential({
      layers: [
        layers.lstm({
          ...{ inputShape: [4, 3], units: 5, returnSequences: true },
          ...{ activation: "sigmoid", recurrentActivation: "tanh" },
        }),
        layers.gru({ units: 4, activation: "linear", recurrentActivation: "sigmoid" }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  // tfjs has no gradient of a dilated convolution.
  "dilated convolutions": () =>
    tf.sequential({
      layers: [
        layers.conv1d({
          ...{ inputShape: [7, 2], filters: 4, kernelSize: 3, dilationRate: 3 },
          padding: "same",
          activation: "tanh",
        }),
        layers.reshape({ targetShape: [7, 4, 1] }),
        layers.conv2d({ filters: 2, kernelSize: [3, 2], dilationRate: [2, 3] }),
        layers.depthwiseConv2d({ kernelSize: 2, padding: "same", dilationRate: 2 }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  // tfjs leaves the regularizers of recurrent layers out.
  "recurrent layers with regularizers": () =>
    tf.sequential({
      layers: [
        layers.lstm({
          ...{ inputShape: [3, 2], units: 3, recurrentActivation: "sigmoid" },
          kernelRegularizer: tf.regularizers.l2({ l2: 0.3 }),
          recurrentRegularizer: tf.regularizers.l2({ l2: 0.1 }),
        }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  // What is dropped is decided by our own source, so that every pass drops the same.
  "recurrent layers that drop": () =>
    tf.sequential({
      layers: [
        layers.lstm({
          ...{ inputShape: [3, 2], units: 4, recurrentActivation: "sigmoid" },
          ...{ dropout: 0.3, recurrentDropout: 0.4, returnSequences: true },
        }),
        layers.spatialDropout1d({ rate: 0.3 }),
        layers.gru({
          ...{ units: 4, recurrentActivation: "sigmoid" },
          ...{ recurrentDropout: 0.4, returnSequences: true },
        }),
        layers.simpleRNN({ units: 4, dropout: 0.2, recurrentDropout: 0.3 }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "attention that drops": () => {
    const input = tf.input({ shape: [4, 4] });
    const attended = new MultiHeadAttention({
      ...{ numHeads: 2, keyDim: 2, useCausalMask: true, dropout: 0.4 },
    }).apply(input);
    const flat = layers.flatten().apply(attended);
    const end = layers.dense({ units: 3, activation: "softmax" }).apply(flat);
    return tf.model({ inputs: input, outputs: end as tf.SymbolicTensor });
  },
  "dropped units and moments that do not count": () =>
    tf.sequential({
      layers: [
        layers.reLU({ inputShape: [5, 2] }),
        layers.masking({}),
        layers.gru({
          ...{ units: 4, recurrentActivation: "sigmoid" },
          ...{ recurrentDropout: 0.4, returnSequences: true },
        }),
        layers.lstm({ units: 4, recurrentActivation: "sigmoid", recurrentDropout: 0.4 }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  // tfjs writes these layers but cannot read them, or reads them but cannot compute them.
  "GELU by tanh, and normalisations without scale or offset": () =>
    tf.sequential({
      layers: [
        layers.dense({ inputShape: [5], units: 6, activation: "gelu_new" }),
        layers.layerNormalization({ scale: false }),
        layers.dense({ units: 4 }),
        layers.layerNormalization({ center: false }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "normalised groups of channels": () =>
    tf.sequential({
      layers: [
        layers.conv2d({ inputShape: [4, 4, 1], filters: 4, kernelSize: 2, activation: "tanh" }),
        new GroupNormalization({ groups: 2 }),
        layers.conv2d({ filters: 2, kernelSize: 2 }),
        new GroupNormalization({ groups: 1, center: false }),
        layers.flatten(),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  "LSTM and GRU": () =>
    tf.sequential({
      layers: [
        layers.lstm({
          ...{ inputShape: [3, 2], units: 3, returnSequences: true },
          recurrentActivation: "sigmoid",
        }),
        layers.gru({ units: 3, recurrentActivation: "sigmoid" }),
        layers.dense({ units: 3, activation: "softmax" }),
      ],
    }),
  // The values of the inputs lie one after the other; the tfjs engine takes one input only.
  "two inputs that share a layer": () => {
    const [one, other] = [tf.input({ shape: [4] }), tf.input({ shape: [2, 2] })];
    const shared = layers.dense({ units: 3, activation: "tanh" });
    const flat = layers.flatten().apply(other) as tf.SymbolicTensor;
    const both = [shared.apply(one), shared.apply(flat)] as tf.SymbolicTensor[];
    const end = layers.dense({ units: 3, activation: "softmax" });
    const joined = layers.concatenate().apply([...both, one]);
    return tf.model({ inputs: [one, other], outputs: end.apply(joined) as tf.SymbolicTensor });
  },
  "branches that meet": () => {
    const input = tf.input({ shape: [4] });
    const first = layers.dense({ units: 5, activation: "tanh" }).apply(input) as tf.SymbolicTensor;
    const second = layers.dense({ units: 5, activation: "sigmoid" }).apply(first);
    const sum = layers.add().apply([first, second as tf.SymbolicTensor, first]);
    const end = layers.dense({ units: 3, activation: "softmax" }).apply(sum);
    return tf.model({ inputs: input, outputs: end as tf.SymbolicTensor });
  },
};

const LOSSES: readonly Plan["training"]["loss"][] = ["categoricalCrossentropy", "meanSquaredError"];

describe("the fused network's gradient", () => {
  let source: TrainingKernelSource;
  beforeAll(async () => {
    source = wasmKernels((await compileTrainingKernels())!);
  });

  it.each(Object.entries(MODELS))(
    "agrees with finite differences of the loss for %s",
    async (_, build) => {
      for (const loss of LOSSES) {
        const { description, values } = describeModel(build());
        const plan = planFor(description, { loss });
        const network = new FusedNetwork(plan, compileTopology(plan), await source(), 3);
        network.inputs.forEach((__, i, inputs) => (inputs[i] = Math.sin(1.3 * i)));
        network.targets.forEach((__, i, targets) => (targets[i] = i % 3 === 1 ? 1 : 0));
        const lossAt = (weights: Float32Array): number => {
          network.parameters.write(weights);
          network.startTraining(testRandom(5));
          return network.differentiate(3);
        };
        lossAt(values);
        const gradient = network.parameters.readGradient();
        const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expect(largest).toBeGreaterThan(1e-3);
        for (let i = 0; i < values.length; i++) {
          const moved = (by: number): Float32Array =>
            values.map((value, j) => (j === i ? value + by : value));
          const [up, down] = [moved(1e-2), moved(-1e-2)];
          const slope = (lossAt(up) - lossAt(down)) / (up[i]! - down[i]!);
          expect(Math.abs(slope - gradient[i]!), `parameter ${i}`).toBeLessThan(
            5e-3 * largest + 2e-5,
          );
        }
      }
    },
  );
});
