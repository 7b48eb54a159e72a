import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseTfjsBackend } from "../src/training/tfjs-backend.ts";
import { registerWasmKernels } from "../src/training/wasm-kernels.ts";

beforeAll(async () => {
  await chooseTfjsBackend({ backend: "wasm" });
});

/** Repeatable values of about 1. */
function values(shape: readonly number[], seed: number): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  return Float32Array.from(
    { length: size },
    (_, i) => Math.sin(seed + 1.7 * i) + ((i * 7) % 5) / 10,
  );
}

/**
 * Computes on both backends. Expects nearly the same results, and that the wasm backend keeps no
 * memory.
 */
async function expectAgreement(compute: () => tf.Tensor): Promise<void> {
  const run = async (backend: string): Promise<{ shape: number[]; result: Float32Array }> => {
    await tf.setBackend(backend);
    return tf.tidy(() => {
      const tensor = compute();
      return { shape: tensor.shape, result: tensor.dataSync<"float32">() };
    });
  };
  const expected = await run("cpu");
  const before = tf.memory().numDataBuffers;
  const actual = await run("wasm");
  expect(tf.memory().numDataBuffers).toBe(before);
  expect(actual.shape).toEqual(expected.shape);
  const scale = Math.max(1, ...expected.result.map(Math.abs));
  const error = Math.max(
    0,
    ...actual.result.map((value, i) => Math.abs(value - expected.result[i]!)),
  );
  expect(error / scale).toBeLessThan(1e-5);
}

describe("the matrix product on wasm", () => {
  const size = fc.integer({ min: 1, max: 9 });
  it("agrees with cpu for any shape and transposition", async () => {
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), async (m, k, n, ta, tb) => {
        const a = ta ? [k, m] : [m, k];
        const b = tb ? [n, k] : [k, n];
        await expectAgreement(() =>
          tf.matMul(tf.tensor(values(a, 1), a), tf.tensor(values(b, 2), b), ta, tb),
        );
      }),
    );
  });

  it.each([
    [
      [2, 3, 4],
      [2, 5, 4],
    ],
    [
      [1, 3, 4],
      [6, 5, 4],
    ],
    [
      [2, 3, 3, 4],
      [2, 3, 5, 4],
    ],
  ])("agrees with cpu for batches %j and %j", async (a, b) => {
    await expectAgreement(() =>
      tf.matMul(tf.tensor(values(a, 1), a), tf.tensor(values(b, 2), b), false, true),
    );
  });
});

type Image = tf.Tensor4D;

/**
 * Operations on images, as functions of the image and of a filter with the shape [height, width,
 * channels, filters].
 */
const IMAGE_OPERATIONS: Readonly<
  Record<
    string,
    (image: Image, filter: Image, strides: [number, number], pad: "same" | "valid") => tf.Tensor
  >
> = {
  conv2d: (image, filter, strides, pad) => tf.conv2d(image, filter, strides, pad),
  "fused conv2d": (x, filter, strides, pad) =>
    tf.fused.conv2d({ x, filter, strides, pad, activation: "relu" }),
  depthwiseConv2d: (image, filter, strides, pad) => tf.depthwiseConv2d(image, filter, strides, pad),
  maxPool: (image, filter, strides, pad) =>
    tf.maxPool(image, [filter.shape[0], filter.shape[1]], strides, pad).add(filter.sum()),
  avgPool: (image, filter, strides, pad) =>
    tf.avgPool(image, [filter.shape[0], filter.shape[1]], strides, pad).add(filter.sum()),
};

describe.each(Object.entries(IMAGE_OPERATIONS))("%s on wasm", (_, operation) => {
  const cases = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 3, max: 8 }),
    width: fc.integer({ min: 3, max: 8 }),
    channels: fc.integer({ min: 1, max: 3 }),
    filters: fc.integer({ min: 1, max: 4 }),
    window: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    pad: fc.constantFrom("same" as const, "valid" as const),
  });

  it("and its gradients agree with cpu for any size, stride and padding", async () => {
    await fc.assert(
      fc.asyncProperty(
        cases,
        async ({ batch, height, width, channels, filters, window, strides, pad }) => {
          const input = [batch, height, width, channels] as [number, number, number, number];
          const filter = [...window, channels, filters] as [number, number, number, number];
          const x = values(input, 3);
          const w = values(filter, 4);
          await expectAgreement(() =>
            operation(tf.tensor4d(x, input), tf.tensor4d(w, filter), strides, pad),
          );
          for (const wanted of [0, 1]) {
            await expectAgreement(() => {
              const gradients = tf.grads((image: tf.Tensor, kernel: tf.Tensor) =>
                tf.square(operation(image as Image, kernel as Image, strides, pad)).sum(),
              );
              return gradients([tf.tensor(x, input), tf.tensor(w, filter)])[wanted]!;
            });
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("kernels that the wasm backend lacks", () => {
  it("compute the gradient of an embedding whose rows are used several times", async () => {
    await expectAgreement(() => {
      const gradient = tf.grad((table: tf.Tensor) =>
        tf.square(tf.gather(table, tf.tensor1d([3, 1, 3, 0], "int32"))).sum(),
      );
      return gradient(tf.tensor(values([5, 4], 1), [5, 4]));
    });
  });

  it("are complete: wasm can compute whatever cpu can", () => {
    const names = (backend: string): Set<string> =>
      new Set(tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName));
    const wasm = names("wasm");
    expect([...names("cpu")].filter((name) => !wasm.has(name))).toEqual([]);
  });
});

describe("registerWasmKernels", () => {
  it("changes nothing when it is called again", () => {
    const before = tf.getKernelsForBackend("wasm");
    registerWasmKernels();
    expect(tf.getKernelsForBackend("wasm")).toEqual(before);
  });
});
