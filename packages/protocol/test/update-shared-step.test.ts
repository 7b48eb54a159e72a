import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { referenceKernels } from "../src/kernels/reference-kernels.ts";
import { createKernelsSync } from "../src/kernels/wasm-kernels.ts";
import {
  decodeSharedStepSum,
  encodeSharedStep,
  likelySharedStepWidth,
  sharedStepLength,
  sharedStepWidth,
  type SharedStepTerms,
} from "../src/update/shared-step.ts";
import { xoshiro128 } from "../src/random/xoshiro128.ts";
import { errorOf } from "./expect-error.ts";
import { expectSameValues, sameValues } from "./same-values.ts";

const kernels = createKernelsSync();
const CLIENTS = 7;
const DIMENSION = 5_000;
const terms: SharedStepTerms = {
  rotationSeed: 42,
  step: 0.01,
  bits: 12,
  width: sharedStepWidth(12, CLIENTS),
};

/** Values of deviation 0.1, other ones for each client. */
const updateOf = (client: number): Float32Array =>
  Float32Array.from({ length: DIMENSION }, (_, i) => 0.1414 * Math.sin(i * i + 3 * client));
const updates = Array.from({ length: CLIENTS }, (_, client) => updateOf(client));
const exact = updates.reduce(
  (sum, update) => sum.map((value, i) => value + update[i]!),
  new Float64Array(DIMENSION),
);

function addAll(parts: readonly Uint32Array[], width: number): Uint32Array {
  const mask = (2 ** width - 1) | 0;
  const at = kernels.allocate(4 * parts[0]!.length);
  const valuesAt = kernels.allocate(4 * parts[0]!.length);
  const view = (from: number): Uint32Array =>
    new Uint32Array(kernels.memory.buffer, from, parts[0]!.length);
  for (const part of parts) {
    view(valuesAt).set(part);
    kernels.addModular(at, valuesAt, part.length, mask);
  }
  return view(at).slice();
}

const errorOfSum = (sum: Float32Array): number =>
  sum.reduce((total, value, i) => total + (value - exact[i]!) ** 2, 0);

describe("integers with a shared step", () => {
  const encoded = updates.map((update, client) =>
    encodeSharedStep(update, terms, 1_000 + client, kernels),
  );
  const integers = encoded.map((one) => one.integers);

  it("add up to the sum of the updates, with the error of stochastic rounding", () => {
    expect(encoded.map(({ clipped }) => clipped)).toEqual(updates.map(() => 0));
    const sum = decodeSharedStepSum(addAll(integers, terms.width), DIMENSION, terms, [], kernels);
    // Δ²/6 a value and client: a chi-square of 5,000 · 7 values has a deviation of less than one percent.
    const expected = (CLIENTS * DIMENSION * terms.step ** 2) / 6;
    expect(errorOfSum(sum) / expected).toBeGreaterThan(0.93);
    expect(errorOfSum(sum) / expected).toBeLessThan(1.07);
  });

  it("have half of that error where the dither is public and taken off", () => {
    const seeds = updates.map((_, client) => 1_000 + client);
    const total = addAll(integers, terms.width);
    const sum = decodeSharedStepSum(total, DIMENSION, terms, seeds, kernels);
    const expected = (CLIENTS * DIMENSION * terms.step ** 2) / 12;
    expect(errorOfSum(sum) / expected).toBeGreaterThan(0.93);
    expect(errorOfSum(sum) / expected).toBeLessThan(1.07);
  });

  it("stay hidden under masks that cancel", () => {
    const { width } = terms;
    const words = xoshiro128(Uint8Array.from({ length: 16 }, (_, i) => i + 1));
    const mask = (2 ** width - 1) | 0;
    const length = integers[0]!.length;
    const masks = Array.from({ length: CLIENTS - 1 }, () =>
      Uint32Array.from({ length }, () => words() & mask),
    );
    const last = Uint32Array.from({ length }, (_, i) => {
      const others = masks.reduce((sum, one) => (sum + one[i]!) | 0, 0);
      return -others & mask;
    });
    const masked = [...masks, last].map((one, client) => addAll([one, integers[client]!], width));
    expectSameValues(addAll(masked, width), addAll(integers, width));
    expect(sameValues(masked[0]!, integers[0]!)).toBe(false);
  });

  it("are the same from WebAssembly and from the twin", () => {
    const twin = referenceKernels();
    fc.assert(
      fc.property(fc.nat(700), fc.nat(), fc.nat(), (dimension, seed, rounding) => {
        const update = Float32Array.from({ length: dimension }, (_, i) => Math.sin(seed + i));
        const both = [kernels, twin].map((one) => {
          const { integers } = encodeSharedStep(update, terms, rounding, one);
          expect(integers.length).toBe(sharedStepLength(dimension));
          return {
            integers,
            sum: decodeSharedStepSum(integers, dimension, terms, [rounding], one),
          };
        });
        expectSameValues(both[0]!.integers, both[1]!.integers);
        expectSameValues(both[0]!.sum, both[1]!.sum);
      }),
      { numRuns: 20 },
    );
  });

  it("say how many values did not fit, and cut those to the range", () => {
    const narrow = { ...terms, bits: 4, width: 4 };
    const update = new Float32Array(128).fill(0.1);
    const { integers, clipped } = encodeSharedStep(update, narrow, 1, kernels);
    expect(clipped).toBeGreaterThan(20);
    const signed = Array.from(integers, (value) => (value << 28) >> 28);
    expect(Math.min(...signed)).toBe(-8);
    expect(Math.max(...signed)).toBe(7);
  });

  it("hold a sum in fewer bits where it is known how far it spreads", () => {
    const spread = 0.1 * Math.sqrt(CLIENTS);
    const width = likelySharedStepWidth(terms.step, spread, CLIENTS);
    expect(width).toBeLessThan(terms.width);
    const likely = { ...terms, bits: 8, width };
    const parts = updates.map((update, client) =>
      encodeSharedStep(update, likely, 1_000 + client, kernels),
    );
    const total = addAll(
      parts.map((part) => part.integers),
      width,
    );
    const sum = decodeSharedStepSum(total, DIMENSION, likely, [], kernels);
    const expected = (CLIENTS * DIMENSION * terms.step ** 2) / 6;
    expect(errorOfSum(sum) / expected).toBeLessThan(1.07);
  });

  it("need a width of bits and the logarithm of the clients", () => {
    expect(sharedStepWidth(8, 1)).toBe(8);
    expect(sharedStepWidth(8, 2)).toBe(9);
    expect(sharedStepWidth(8, 100)).toBe(15);
    expect(sharedStepWidth(8, 128)).toBe(15);
  });

  it("refuse what is not finite, and terms that do not go together", () => {
    const update = new Float32Array(5);
    update[3] = NaN;
    errorOf(() => encodeSharedStep(update, terms, 1, kernels), "UPDATE_NOT_FINITE");
    const wrong = [
      { step: 0 },
      { step: NaN },
      { bits: 17 },
      { bits: 1 },
      { width: 11 },
      { width: 33 },
    ];
    for (const change of wrong) {
      const bad = { ...terms, ...change };
      errorOf(() => encodeSharedStep(new Float32Array(5), bad, 1, kernels), "BAD_PARAMETER");
    }
    const short = new Uint32Array(127);
    errorOf(() => decodeSharedStepSum(short, 5, terms, [], kernels), "UPDATE_SHAPE");
  });
});
