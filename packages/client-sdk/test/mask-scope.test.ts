import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { buildLayersModel } from "../src/models/layers-model.ts";

const { layers } = tf;

/** h ← x + 2 · h, so that a moment that is skipped can be told from one that is 0. */
const doubling = (): tf.layers.Layer =>
  layers.simpleRNN({ units: 1, activation: "linear", useBias: false });
const masking = (): tf.layers.Layer => layers.masking({ maskValue: -1, inputShape: [3, 1] });

/** What a sequence of layers makes of two moments of 1, and of a third that is masked. */
async function outputOf(...sequence: readonly tf.layers.Layer[]): Promise<number> {
  const drawn = tf.sequential({ layers: [masking(), ...sequence] });
  const parameters = drawn.weights.map(({ originalName, shape }) => ({
    name: originalName,
    shape: shape.map(Number),
  }));
  const values = parameters.map(({ name }) => (name.endsWith("recurrent_kernel") ? 2 : 1));
  const topology = drawn.toJSON(null, false) as object;
  drawn.dispose();
  const model = await buildLayersModel({ topology, parameters }, Float32Array.from(values));
  const output = model.predict(tf.tensor([1, 1, -1], [1, 3, 1])) as tf.Tensor;
  const [value] = await output.data();
  model.dispose();
  return value!;
}

describe("a mask", () => {
  it("is known to a layer behind it, through layers that hand it on, and in a model within", async () => {
    expect(await outputOf(doubling())).toBe(3);
    expect(await outputOf(layers.leakyReLU(), doubling())).toBe(3);
    const inner = tf.sequential({
      layers: [layers.dropout({ rate: 0.1, inputShape: [3, 1] }), doubling()],
    });
    expect(await outputOf(inner)).toBe(3);
  });

  it("is not known to layers behind one that has used it up, or does not hand it on", async () => {
    expect(await outputOf(doubling(), layers.repeatVector({ n: 3 }), doubling())).toBe(21);
    const dense = layers.conv1d({ filters: 1, kernelSize: 1, useBias: false });
    expect(await outputOf(dense, doubling())).toBe(6);
  });
});
