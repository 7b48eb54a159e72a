import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Kernels } from "../../src/training/fused/kernels.ts";
import { createReferenceKernels } from "../../src/training/fused/reference/reference-kernels.ts";
import { referenceMath } from "../../src/training/fused/reference/math.ts";
import { compileFusedModule, wasmKernels } from "../../src/training/fused/wasm-module.ts";
import { KERNEL_CASES, MEMORY, type KernelSizes } from "../support/kernel-cases.ts";

const size = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });

const SIZES: fc.Arbitrary<KernelSizes> = fc.record({
  m: size(37),
  n: size(37),
  k: size(40),
  images: size(3),
  height: size(5),
  width: size(6),
  channels: size(9),
  filters: size(11),
  step: size(3),
  flag: fc.boolean(),
});

describe("the WebAssembly kernels and their plain twin", () => {
  let wasm: Kernels;
  let twin: Kernels;
  beforeAll(async () => {
    wasm = await wasmKernels((await compileFusedModule())!)();
    twin = createReferenceKernels();
    wasm.reserve(MEMORY);
    twin.reserve(MEMORY);
  });

  it.each(Object.entries(KERNEL_CASES))("give the same bits from %s", (_, run) => {
    fc.assert(
      fc.property(SIZES, fc.nat(1000), (sizes, seed) => {
        const values = Float32Array.from(
          { length: MEMORY - 512 },
          (_, i) => Math.sin(i * 12.9898 + seed) ** 3 * (i % 7 === 0 ? 20 : 1),
        );
        wasm.heap().set(values, 512);
        twin.heap().set(values, 512);
        const actual = run(wasm, sizes);
        const expected = run(twin, sizes);
        expect(actual).toEqual(expected);
        for (const [from, length] of expected.written) {
          const ofWasm = new Int32Array(wasm.heap().buffer, 4 * from, length);
          const ofTwin = new Int32Array(twin.heap().buffer, 4 * from, length);
          const differs = ofWasm.findIndex((bits, i) => bits !== ofTwin[i]);
          expect(differs, `first difference after ${from}`).toBe(-1);
        }
      }),
      { numRuns: 12, seed: 5 },
    );
  });

  it("give the same bits when the depth exceeds a block, so that sums are made in another way", () => {
    const [a, b, c, scratch] = [512, 12_000, 40_000, 42_000];
    const values = Float32Array.from({ length: 39_000 }, (_, i) => Math.sin(3.1 * i));
    for (const kernels of [wasm, twin]) {
      kernels.heap().set(values, a);
      kernels.matmul(a, 700, 1, b, 37, c, 37, 0, 0, 13, 37, 700, scratch);
    }
    const results = [wasm, twin].map((kernels) => kernels.heap().slice(c, c + 13 * 37));
    expect(results[0]).toEqual(results[1]);
  });
});

describe("the kernels' memory", () => {
  it("stays as it was when it cannot grow, which is an error", async () => {
    const kernels = await wasmKernels((await compileFusedModule())!)();
    // A WebAssembly memory has 2^32 bytes at most.
    expect(() => kernels.reserve(2 ** 30 + 1)).toThrow(RangeError);
    kernels.reserve(1000);
    expect(kernels.heap().length).toBeGreaterThanOrEqual(1000);
  });

  it("keeps its contents when it grows", () => {
    const kernels = createReferenceKernels();
    kernels.reserve(100);
    kernels.heap()[99] = 7;
    kernels.reserve(100_000);
    expect(kernels.heap()[99]).toBe(7);
    expect(kernels.heap().length).toBeGreaterThanOrEqual(100_000);
  });
});

describe("the engine's own exp, log, tanh and sigmoid", () => {
  const math = referenceMath();
  const finite = fc.float({ min: -64, max: 80, noNaN: true });

  it("differ from the true values by less than 3e-7", () => {
    fc.assert(
      fc.property(finite, (x) => {
        const near = (actual: number, expected: number): void =>
          expect(Math.abs(actual - expected)).toBeLessThanOrEqual(3e-7 * Math.abs(expected));
        near(math.exp(x), Math.exp(x));
        near(math.sigmoid(x), 1 / (1 + Math.exp(-x)));
        near(math.tanh(x), Math.tanh(x));
        if (x > 1e-30) expect(math.log(x)).toBeCloseTo(Math.log(x), 5);
      }),
      { seed: 1 },
    );
  });

  it("do not overflow", () => {
    expect(math.exp(1000)).toBeLessThan(Infinity);
    expect(math.exp(-1000)).toBe(0);
    expect([math.tanh(-1000), math.tanh(1000), math.tanh(0)]).toEqual([-1, 1, 0]);
    expect([math.sigmoid(-1000), math.sigmoid(1000)]).toEqual([expect.closeTo(0, 30), 1]);
  });
});
