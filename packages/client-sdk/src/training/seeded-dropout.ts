import * as tf from "@tensorflow/tfjs";
import { xoshiro128, type RandomSource } from "@tributary/protocol";
import { MultiHeadAttention } from "../models/multi-head-attention.ts";

type Layer = tf.layers.Layer;
type Cell = tf.RNN["cell"];

/** A layer whose dropout masks come from a seed of ours. */
export interface SeededDropout {
  seed(random: RandomSource): void;
}

/**
 * Makes a layer draw new dropout masks from our own seed in every step. tfjs's own layers draw from
 * Math.random, or repeat one mask for ever when they have a seed. Gaussian noise, alpha dropout and
 * the dropout inside convolutional recurrent layers still use Math.random, so a model with those
 * trains well, but not repeatably.
 * @param layer - Its calls are changed.
 * @returns The layer's handle; undefined for layers without dropout.
 */
export function seededDropout(layer: Layer): SeededDropout | undefined {
  // `seed` sets it before each training.
  let next = xoshiro128(new Uint8Array(16));
  const draw: Draw = (input, rate, shape) => tf.dropout(input, rate, shape, next());
  if (!drawsFrom(layer, draw)) return undefined;
  return {
    seed: (random) => {
      next = xoshiro128(random.bytes(16));
    },
  };
}

/** Has a layer draw its masks so. @returns Whether it is one that drops values. */
function drawsFrom(layer: Layer, draw: Draw): boolean {
  if (layer instanceof tf.RNN) return dropoutInCells(layer, draw);
  if (!(layer instanceof MultiHeadAttention)) return dropoutLayer(layer, draw);
  layer.dropoutFunc = draw;
  return Number(layer.getConfig()["dropout"]) > 0;
}

type Draw = (input: tf.Tensor, rate: number, noiseShape?: number[]) => tf.Tensor;

/** @returns Whether the layer is one that drops values. */
function dropoutLayer(layer: Layer, draw: Draw): boolean {
  const kind = layer.getClassName();
  if (kind !== "Dropout" && kind !== "SpatialDropout1D") return false;
  const { rate, noiseShape } = layer.getConfig();
  if (typeof rate !== "number" || rate <= 0 || rate >= 1) return false;
  layer.call = (inputs, kwargs) =>
    tf.tidy(() => {
      const input = Array.isArray(inputs) ? inputs[0]! : inputs;
      if (kwargs["training"] !== true) return input.clone();
      const shape =
        kind === "SpatialDropout1D"
          ? [input.shape[0], 1, input.shape[2]!]
          : Array.isArray(noiseShape)
            ? input.shape.map((size, axis) => Number(noiseShape[axis] ?? size))
            : input.shape;
      return draw(input, rate, shape);
    });
  return true;
}

/**
 * Has the cells of a recurrent layer draw their masks, one for each sequence. tfjs forgets the masks
 * of the sequence before only in LSTM, GRU and SimpleRNN; a cell in an `RNN` would keep its first
 * masks for ever, or fail when a batch has another size (4.22).
 * @returns Whether a cell drops values.
 */
function dropoutInCells(layer: tf.RNN, draw: Draw): boolean {
  const stacked: unknown = Reflect.get(layer.cell, "cells");
  const cells = Array.isArray(stacked) ? (stacked as Cell[]) : [layer.cell];
  const dropping = cells.filter((cell) =>
    ["dropout", "recurrentDropout"].some((rate) => Number(Reflect.get(cell, rate)) > 0),
  );
  for (const cell of dropping) Reflect.set(cell, "dropoutFunc", draw);
  const call = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    for (const cell of dropping) {
      for (const mask of ["dropoutMask", "recurrentDropoutMask"] as const) {
        tf.dispose(cell[mask]);
        Reflect.set(cell, mask, null);
      }
    }
    return call(inputs, kwargs);
  };
  return dropping.length > 0;
}
