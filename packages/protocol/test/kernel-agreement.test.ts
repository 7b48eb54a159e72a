import { describe, expect, it } from "vitest";
import { referenceKernels } from "../src/kernels/reference-kernels.ts";
import type { UpdateKernels } from "../src/kernels/update-kernels.ts";
import { kernelAgreementCases, type KernelAgreement } from "../src/testing/kernel-agreement.ts";
import { UPDATE_KERNEL_CASES } from "./update-kernel-cases.ts";

const BYTES = 40_000;

/**
 * Runs the suite on two plain twins, with some of its parts replaced, and names the cases that
 * fail.
 */
async function failuresOf(
  change: (wasm: UpdateKernels) => Partial<KernelAgreement<UpdateKernels>>,
): Promise<readonly string[]> {
  const [wasm, twin] = [referenceKernels(), referenceKernels()];
  const begin = wasm.allocate(BYTES);
  twin.allocate(BYTES);
  const cases = kernelAgreementCases({
    ...{ wasm, twin, begin, byteLength: BYTES, cases: UPDATE_KERNEL_CASES },
    ...{ notKernels: ["allocate"], roundsUpTo: 1, runs: 10 },
    ...change(wasm),
  });
  const failures: string[] = [];
  for (const { name, run } of cases) {
    try {
      await run();
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return failures;
}

/** Kernels with one of them replaced, which work on the same memory. */
const replacing = (kernels: UpdateKernels, changed: Partial<UpdateKernels>): UpdateKernels =>
  Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(kernels),
      ...Object.getOwnPropertyDescriptors(changed),
    },
  ) as UpdateKernels;

describe("the suite that holds kernels against their twins", () => {
  it("has nothing to say about kernels that agree", async () => {
    expect(await failuresOf(() => ({}))).toEqual([]);
  });

  it("names a kernel that leaves other bits", async () => {
    const failures = await failuresOf((kernels) => ({
      wasm: replacing(kernels, {
        // As if a product and a sum were rounded only once.
        scale: (values, count, factor) => kernels.scale(values, count, factor + 2 ** -23),
      }),
    }));
    expect(failures).toEqual([
      expect.stringMatching(/^scale gives the same bits in both: scale, call \d+: byte \d+ after/),
    ]);
  });

  it("names a kernel that returns another number", async () => {
    const failures = await failuresOf((kernels) => ({
      wasm: replacing(kernels, { sumOfSquares: (...call) => kernels.sumOfSquares(...call) + 1 }),
    }));
    expect(failures).toEqual([expect.stringContaining("the module returns")]);
  });

  it("names a kernel that writes behind its array", async () => {
    const failures = await failuresOf((kernels) => ({
      wasm: replacing(kernels, {
        pack(codes, count, bits, packed) {
          kernels.pack(codes, count, bits, packed);
          const end = packed + Math.ceil((count * bits) / 8);
          new Uint8Array(kernels.memory.buffer)[end] = 0;
        },
      }),
    }));
    expect(failures).toEqual([expect.stringContaining("the module writes to byte")]);
  });

  it("names kernels without a case, and kernels without a twin", async () => {
    const { scale: _, ...others } = UPDATE_KERNEL_CASES;
    expect(await failuresOf(() => ({ cases: others }))).toEqual([
      expect.stringMatching(/^every kernel has a twin and a case: There are cases for/),
    ]);
    const extra = { more: () => {} };
    expect(
      await failuresOf((kernels) => ({ wasm: Object.assign(replacing(kernels, {}), extra) })),
    ).toEqual([expect.stringMatching(/^every kernel has a twin and a case: The twin has/)]);
  });
});
