import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { fromArrays, fromDataset, fromImages, type Example } from "../../src/index.ts";
import { rejectionOf } from "../support/rejection.ts";

describe("examples of arrays", () => {
  it("have the shapes of nested lists, and class indices as whole numbers", () => {
    const features = [[1, 2, 3], Float32Array.of(4, 5, 6)];
    expect(
      fromArrays([
        { features, label: 2 },
        { features, label: 0 },
      ]),
    ).toEqual({
      features: Float32Array.of(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6),
      featureShape: [2, 3],
      labels: Int32Array.of(2, 0),
      labelShape: [],
      count: 2,
    });
    const { labels, labelShape } = fromArrays([{ features: [1], label: [0.5, 0.5] }]);
    expect({ labels, labelShape }).toEqual({ labels: Float32Array.of(0.5, 0.5), labelShape: [2] });
  });

  it.each<[string, readonly Example[], string]>([
    ["no examples", [], "There are no examples"],
    [
      "lists of other lengths",
      [
        { features: [1], label: 0 },
        { features: [1, 2], label: 0 },
      ],
      "example 1",
    ],
    [
      "a number for a list",
      [
        { features: [[1]], label: 0 },
        { features: [1], label: 0 },
      ],
      "example 1",
    ],
  ])("are refused for %s", async (_, given, words) => {
    const error = await rejectionOf((async () => fromArrays(given))());
    expect(error).toMatchObject({ code: "EXAMPLES_INVALID" });
    expect(error.message).toContain(words);
  });
});

describe("examples of a tf.data data set", () => {
  it("are its elements, whose tensors are disposed", async () => {
    const before = tf.memory().numTensors;
    const xs = tf.data
      .array([
        [1, 2],
        [3, 4],
      ])
      .map((row) => tf.tensor1d(row));
    const ys = tf.data.array([7, 8]);
    const examples = await fromDataset(tf.data.zip({ xs, ys }));
    expect(examples).toMatchObject({ featureShape: [2], labels: Int32Array.of(7, 8), count: 2 });
    expect(examples.features).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(tf.memory().numTensors).toBe(before);
  });

  it("are refused for elements of another form", async () => {
    const error = await rejectionOf(fromDataset(tf.data.array([{ x: 1 }])));
    expect(error.message).toContain("Element 0 of the data set is neither");
  });
});

describe("examples of images", () => {
  // Node has no ImageData.
  const pixels = (...data: number[]): ImageData => ({
    data: Uint8ClampedArray.from(data),
    width: data.length / 4,
    height: 1,
    colorSpace: "srgb",
  });

  it("are 255ths of colours or of grey, and what is transparent is black", () => {
    const image = pixels(255, 128, 0, 255, 200, 200, 200, 0);
    const form = { width: 2, height: 1 };
    const colours = fromImages([{ image, label: 3 }], { ...form, channels: 3 });
    expect(colours.featureShape).toEqual([1, 2, 3]);
    expect(colours.features).toEqual(Float32Array.of(1, 128 / 255, 0, 0, 0, 0));
    const grey = fromImages([{ image, label: 3 }], { ...form, channels: 1 });
    expect(grey.features).toEqual(Float32Array.of(151 / 255, 0));
    expect(grey.labels).toEqual(Int32Array.of(3));
  });

  it("are refused when pixels have another size, or nothing can draw", async () => {
    const form = { width: 1, height: 1, channels: 1 } as const;
    const images = (image: ImageData | CanvasImageSource) =>
      rejectionOf((async () => fromImages([{ image, label: 0 }], form))());
    expect((await images(pixels(1, 2, 3, 4, 5, 6, 7, 8))).message).toContain("has 2 × 1 pixels");
    const error = await images({} as CanvasImageSource);
    expect(error).toMatchObject({ code: "BAD_PARAMETER" });
  });
});
