import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom } from "../src/random/random-source.ts";
import {
  builtinModel,
  builtinModelNames,
  fixedModelNames,
  mlpModel,
} from "../src/model/builtin-models.ts";
import { transformerModel } from "../src/model/char-transformer.ts";
import { checkpointIdOf, encodeCheckpoint } from "../src/model/checkpoint.ts";
import { layoutOf } from "../src/model/parameter-layout.ts";
import { parseTfjsModel } from "../src/model/tfjs-model.ts";
import { readTfjsWeights } from "../src/model/tfjs-weights.ts";
import { writeTfjsModel } from "../src/model/write-tfjs-model.ts";
import { errorOf } from "./expect-error.ts";
import { sameValues } from "./same-values.ts";

const crypto = createNodeCryptoProvider();
const seeded = (seed: number) => seededRandom(crypto, seed);

describe("the builtin models", () => {
  it.each([
    ["logistic-regression", 7_850],
    ["mlp-64", 50_890],
    ["mcmahan-2nn", 199_210],
    ["mcmahan-cnn", 1_663_370],
  ])("%s has %i parameters, as published", (name, count) => {
    const { description, values } = builtinModel(name, seeded(1));
    expect(values.length).toBe(count);
    expect(layoutOf(description.parameters).size).toBe(count);
  });

  it("are all listed", () => {
    expect(builtinModelNames).toEqual([
      ...["logistic-regression", "mlp-64", "mcmahan-2nn", "mcmahan-cnn"],
      ...["mlp", "char-transformer", "statistics"],
    ]);
  });

  it.each(fixedModelNames)("%s starts with zero biases and Glorot uniform kernels", (name) => {
    const { description, values } = builtinModel(name, seeded(2));
    for (const { name: parameter, shape, offset, size } of layoutOf(description.parameters)
      .parameters) {
      const part = values.subarray(offset, offset + size);
      if (parameter.endsWith("/bias")) {
        expect(part.every((value) => value === 0)).toBe(true);
        continue;
      }
      const window = shape.slice(0, -2).reduce((product, length) => product * length, 1);
      const limit = Math.sqrt(6 / (window * ((shape.at(-2) ?? 0) + (shape.at(-1) ?? 0))));
      const mean = part.reduce((sum, value) => sum + value, 0) / size;
      const square = part.reduce((sum, value) => sum + value * value, 0) / size;
      expect(largestMagnitude(part)).toBeLessThanOrEqual(Math.fround(limit));
      // A uniform value has the variance limit²/3; the mean of n of them strays by limit/√(3n), its
      // square by limit²·√(4/45n): five of each.
      expect(Math.abs(mean)).toBeLessThan((5 * limit) / Math.sqrt(3 * size));
      expect(Math.abs(square - limit ** 2 / 3)).toBeLessThan(
        5 * limit ** 2 * Math.sqrt(4 / 45 / size),
      );
    }
  });

  it("are equal for equal seeds and differ for different seeds", () => {
    const first = builtinModel("mcmahan-2nn", seeded(7)).values;
    expect(sameValues(builtinModel("mcmahan-2nn", seeded(7)).values, first)).toBe(true);
    expect(sameValues(builtinModel("mcmahan-2nn", seeded(8)).values, first)).toBe(false);
  });

  it("draw each kernel from its own stream of random numbers", () => {
    const { values } = builtinModel("mcmahan-2nn", seeded(7));
    expect([...values.subarray(0, 8)]).not.toEqual([...values.subarray(157_000, 157_008)]);
  });

  it("have the same frozen weights for seed 7 on every machine", () => {
    const { values } = builtinModel("mlp-64", seeded(7));
    expect(checkpointIdOf(crypto, encodeCheckpoint(values))).toBe(
      "da5a33224353bb7e8f8401b529b14d67526960878fe1e0f079bf93b5778f687f",
    );
  });

  it.each(fixedModelNames)(
    "%s is unchanged after it was written and read as a tfjs model",
    (name) => {
      const { description, values } = builtinModel(name, seeded(3));
      const files = writeTfjsModel(description, values);
      const model = parseTfjsModel(JSON.parse(files["model.json"]));
      expect(model.description).toEqual(description);
      const read = readTfjsWeights(model, new Map([["weights.bin", files["weights.bin"]]]));
      expect(sameValues(read, values)).toBe(true);
    },
  );

  it("give each layer with weights a name, and the first layer the shape of the input", () => {
    const { description } = builtinModel("mcmahan-cnn", seeded(1));
    expect(description.topology).toMatchObject({
      class_name: "Sequential",
      config: {
        layers: [
          {
            class_name: "Conv2D",
            config: { name: "conv_1", batch_input_shape: [null, 28, 28, 1] },
          },
          { class_name: "MaxPooling2D", config: { pool_size: [2, 2] } },
          { class_name: "Conv2D", config: { name: "conv_2", filters: 64, padding: "same" } },
          { class_name: "MaxPooling2D" },
          { class_name: "Flatten" },
          { class_name: "Dense", config: { name: "hidden", units: 512, activation: "relu" } },
          { class_name: "Dense", config: { name: "output", units: 10, activation: "softmax" } },
        ],
      },
    });
  });

  it("have the sizes and the last activation that a task gives them, down to a linear model", () => {
    const sizes = { inputs: 5, hidden: [8, 4], outputs: 3, activation: "softmax" } as const;
    const { description, values } = mlpModel(sizes, seeded(1));
    expect(values.length).toBe(5 * 8 + 8 + 8 * 4 + 4 + 4 * 3 + 3);
    expect(description.topology).toMatchObject({
      class_name: "Sequential",
      config: {
        layers: [
          { config: { name: "hidden_1", batch_input_shape: [null, 5], activation: "relu" } },
          { config: { name: "hidden_2", activation: "relu" } },
          { config: { name: "output", units: 3, activation: "softmax" } },
        ],
      },
    });
    const linear = mlpModel({ ...sizes, hidden: [], outputs: 1, activation: "linear" }, seeded(1));
    expect(linear.description.topology).toMatchObject({
      config: { layers: [{ config: { batch_input_shape: [null, 5], activation: "linear" } }] },
    });
  });

  describe("char-transformer", () => {
    const sizes = { vocabulary: 256, window: 64, width: 128, blocks: 4, heads: 4 };

    it("has about 800,000 parameters at its usual sizes", () => {
      const block = 4 * (128 * 128 + 128) + 2 * 128 * 512 + 512 + 128 + 4 * 128;
      const { description, values } = transformerModel(sizes, seeded(1));
      expect(4 * block + (256 + 64) * 128 + 2 * 128 + 129 * 256).toBe(867_328);
      expect(values.length).toBe(867_328);
      expect(layoutOf(description.parameters).size).toBe(values.length);
    });

    it("begins with drawn kernels and embeddings, factors of 1 and biases of 0", () => {
      const { description, values } = transformerModel({ ...sizes, blocks: 1 }, seeded(1));
      for (const { name, offset, size } of layoutOf(description.parameters).parameters) {
        const part = values.subarray(offset, offset + size);
        const kind = name.slice(name.lastIndexOf("/") + 1);
        const expected = { gamma: 1, beta: 0, bias: 0 }[kind];
        if (expected === undefined) expect(new Set(part).size, name).toBeGreaterThan(size / 2);
        else
          expect(
            part.every((value) => value === expected),
            name,
          ).toBe(true);
      }
    });

    it("is unchanged after it was written and read as a tfjs model", () => {
      const { description, values } = transformerModel({ ...sizes, blocks: 2 }, seeded(1));
      const files = writeTfjsModel(description, values);
      const model = parseTfjsModel(JSON.parse(files["model.json"]));
      expect(model.description).toEqual(description);
    });
  });

  it("are refused before their memory is taken when they are too large", () => {
    const sizes = { inputs: 1e6, hidden: [1e6], outputs: 1, activation: "linear" } as const;
    expect(errorOf(() => mlpModel(sizes, seeded(1)), "MODEL_UNSUPPORTED").message).toContain(
      "too many parameters",
    );
  });

  it("refuse an unknown name and list the known ones", () => {
    for (const name of ["resnet", "__proto__", "toString"]) {
      expect(errorOf(() => builtinModel(name, seeded(1)), "MODEL_UNSUPPORTED").message).toContain(
        "mcmahan-2nn",
      );
    }
  });
});

/** Not Math.max(...), which a million arguments would overflow. */
function largestMagnitude(values: Float32Array): number {
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}
