// Small models over sequences, beyond plain LSTMs and GRUs.
import * as tf from "@tensorflow/tfjs";
import { MultiHeadAttention } from "../../src/models/multi-head-attention.ts";
import { PositionEmbedding } from "../../src/models/position-embedding.ts";

const { layers } = tf;

const softmaxEnd = (): tf.layers.Layer => layers.dense({ units: 3, activation: "softmax" });

/** Each model ends in 3 outputs. */
export const SEQUENCE_MODELS: Readonly<Record<string, () => tf.LayersModel>> = {
  "recurrent layers without gates": () =>
    tf.sequential({
      layers: [
        layers.simpleRNN({ inputShape: [4, 3], units: 5, returnSequences: true }),
        layers.simpleRNN({ units: 6, activation: "relu", goBackwards: true }),
        softmaxEnd(),
      ],
    }),
  "cells with other activations": () =>
    tf.sequential({
      layers: [
        layers.lstm({
          ...{ inputShape: [4, 3], units: 5, returnSequences: true },
          ...{ activation: "relu", recurrentActivation: "tanh" },
        }),
        layers.gru({
          ...{ units: 6, returnSequences: true },
          ...{ activation: "sigmoid", recurrentActivation: "linear" },
        }),
        layers.bidirectional({
          layer: layers.lstm({ units: 3, activation: "hardSigmoid", recurrentActivation: "relu" }),
          mergeMode: "concat",
        }),
        layers.repeatVector({ n: 3 }),
        layers.simpleRNN({ units: 4, activation: "linear", returnSequences: true }),
        layers.gru({ units: 5, activation: "linear" }),
        softmaxEnd(),
      ],
    }),
  "layers that go both ways": () =>
    tf.sequential({
      layers: [
        layers.bidirectional({
          inputShape: [4, 3],
          layer: layers.gru({ units: 4, returnSequences: true }),
          mergeMode: "concat",
        }),
        layers.bidirectional({
          layer: layers.simpleRNN({ units: 5, returnSequences: true }),
          mergeMode: "mul",
        }),
        layers.bidirectional({ layer: layers.lstm({ units: 3 }), mergeMode: "ave" }),
        softmaxEnd(),
      ],
    }),
  "layers that are applied to every moment": () =>
    tf.sequential({
      layers: [
        layers.timeDistributed({
          inputShape: [3, 5, 4, 1],
          layer: layers.conv2d({ filters: 2, kernelSize: 2, activation: "tanh" }),
        }),
        layers.timeDistributed({ layer: layers.maxPooling2d({ poolSize: 2 }) }),
        layers.timeDistributed({ layer: layers.flatten() }),
        layers.timeDistributed({ layer: layers.dense({ units: 4, activation: "elu" }) }),
        layers.lstm({ units: 4 }),
        softmaxEnd(),
      ],
    }),
  "cells over each other": () =>
    tf.sequential({
      layers: [
        layers.rnn({
          inputShape: [4, 3],
          cell: [layers.lstmCell({ units: 4 }), layers.gruCell({ units: 5 })],
        }),
        softmaxEnd(),
      ],
    }),
  // About a quarter of the moments have no value above 0, and do not count.
  "moments that do not count": () =>
    tf.sequential({
      layers: [
        layers.reLU({ inputShape: [6, 2] }),
        layers.masking({ maskValue: 0 }),
        layers.lstm({ units: 4, returnSequences: true }),
        layers.dropout({ rate: 0 }),
        layers.gru({ units: 5, returnSequences: true }),
        layers.timeDistributed({ layer: layers.dense({ units: 4, activation: "tanh" }) }),
        layers.bidirectional({ layer: layers.simpleRNN({ units: 3 }), mergeMode: "concat" }),
        softmaxEnd(),
      ],
    }),
  "the mean of the moments that count": () =>
    tf.sequential({
      layers: [
        layers.reLU({ inputShape: [6, 2] }),
        layers.masking({ maskValue: 0 }),
        layers.timeDistributed({ layer: layers.dense({ units: 5 }) }),
        layers.leakyReLU(),
        layers.dense({ units: 4 }),
        layers.elu(),
        layers.dense({ units: 4 }),
        layers.prelu({ sharedAxes: [1] }),
        layers.globalAveragePooling1d({}),
        softmaxEnd(),
      ],
    }),
  "attention to other moments": () => {
    const input = tf.input({ shape: [5, 4] });
    const positions = new PositionEmbedding({ sequenceLength: 6 }).apply(input);
    const attended = new MultiHeadAttention({ numHeads: 2, keyDim: 3, valueDim: 5 }).apply([
      ...[input, input],
    ]) as tf.SymbolicTensor;
    const sum = layers
      .add()
      .apply([input, attended, positions as tf.SymbolicTensor]) as tf.SymbolicTensor;
    const normal = layers.layerNormalization().apply(sum) as tf.SymbolicTensor;
    const again = new MultiHeadAttention({
      ...{ numHeads: 1, keyDim: 2, useBias: false, useCausalMask: true },
    }).apply(normal) as tf.SymbolicTensor;
    const pooled = layers.globalAveragePooling1d({}).apply(again) as tf.SymbolicTensor;
    return tf.model({ inputs: input, outputs: softmaxEnd().apply(pooled) as tf.SymbolicTensor });
  },
};
