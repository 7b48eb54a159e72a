import * as fc from "fast-check";
import { kernelAgreementCases } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";
import { referenceMath } from "../../src/training/fused/kernels/reference/math.ts";
import { createReferenceKernels } from "../../src/training/fused/kernels/reference/reference-kernels.ts";
import type { TrainingKernels } from "../../src/training/fused/kernels/training-kernels.ts";
import {
  compileTrainingKernels,
  wasmKernels,
} from "../../src/training/fused/kernels/wasm/wasm-kernels.ts";
import { TRAINING_KERNEL_CASES } from "../support/training-kernel-cases.ts";

const BYTES = 400_000;

async function createWasmKernels(): Promise<TrainingKernels> {
  const module = await compileTrainingKernels();
  if (module === undefined) throw new Error("There is no WebAssembly with SIMD here");
  return wasmKernels(module)();
}

const wasm = await createWasmKernels();
const twin = createReferenceKernels();
const begin = Math.max(wasm.firstFree, twin.firstFree);
for (const kernels of [wasm, twin]) kernels.reserve(begin + BYTES);

describe("of the fused trainer's kernels,", () => {
  const cases = kernelAgreementCases({
    ...{ wasm, twin, begin, byteLength: BYTES, cases: TRAINING_KERNEL_CASES },
    notKernels: ["reserve", "values", "copy", "fill"],
    // Kernels compute whole vectors of four float32 values.
    roundsUpTo: 16,
    runs: 25,
  });
  it.each(cases.map(({ name, run }) => [name, run] as const))("%s", (_, run) => run());
});

describe("the memory of the kernels", () => {
  it("stays as it is when more of it is asked for than there can be", async () => {
    const kernels = await createWasmKernels();
    // WebAssembly's memory ends at 2^32 bytes.
    expect(() => kernels.reserve(2 ** 32 + 4)).toThrow(RangeError);
    kernels.reserve(4_000);
    expect(kernels.memory.buffer.byteLength).toBeGreaterThanOrEqual(4_000);
  });

  it("keeps what is in it when it grows", () => {
    const kernels = createReferenceKernels();
    kernels.reserve(400);
    kernels.fill(396, 1, 7);
    kernels.reserve(400_000);
    expect(kernels.values(396, 1)[0]).toBe(7);
    expect(kernels.memory.buffer.byteLength).toBeGreaterThanOrEqual(400_000);
  });
});

describe("exp, log, tanh and sigmoid of our own", () => {
  const math = referenceMath();
  const finite = fc.float({ min: -64, max: 80, noNaN: true });

  it("come within 3e-7 of the true values", () => {
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

it.each([
  ["a row of zeros", [0, 0, 0, 0]],
  ["a row that adds up to nothing", [0.5, -0.5, 0.25, -0.25]],
  ["NaN", [0.1, NaN, 0.2, 0.3]],
  ["an infinite value", [0.1, Infinity, 0.2, 0.3]],
])("Outputs with %s, taken for probabilities, do not pass for a loss", (_, row) => {
  for (const kernels of [wasm, twin]) {
    const [x, targets, dx] = [0, 1, 2].map((index) => begin + 32 * index) as [
      number,
      number,
      number,
    ];
    const put = (at: number, values: readonly number[]): void =>
      new Float32Array(kernels.memory.buffer, at, 8).set(values);
    put(x, [0.1, 0.2, 0.3, 0.4, ...row]);
    put(targets, [0, 0, 1, 0, 1, 0, 0, 0]);
    expect(kernels.shareCrossEntropy({ x, targets, dx }, 2, 4, 1)).toBeNaN();
    const slopes = [...new Float32Array(kernels.memory.buffer, dx, 8)];
    expect(slopes.slice(0, 4).some((slope) => slope !== 0)).toBe(true);
    expect(slopes.slice(4)).toEqual([0, 0, 0, 0]);
    const chance = kernels.chanceCrossEntropy({ x, targets, dx }, 8, 1);
    expect(Number.isNaN(chance)).toBe(row.some((value) => Number.isNaN(value)));
  }
});
