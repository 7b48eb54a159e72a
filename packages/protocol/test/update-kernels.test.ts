import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { referenceKernels } from "../src/kernels/reference-kernels.ts";
import { createKernels, createKernelsSync } from "../src/kernels/wasm-kernels.ts";
import { kernelAgreementCases } from "../src/testing/kernel-agreement.ts";
import { symbolTables, UPDATE_KERNEL_CASES } from "./update-kernel-cases.ts";

const BYTES = 40_000;
const wasm = await createKernels();
const twin = referenceKernels();
/** Free in both memories, although their first free addresses may differ. */
const begin = Math.max(wasm.allocate(2 * BYTES), twin.allocate(2 * BYTES));
const runs = { numRuns: 60 };

it("where there is no WebAssembly, the twin computes, and whoever cannot wait is told", async () => {
  vi.stubGlobal("WebAssembly", undefined);
  try {
    expect((await createKernels()).name).toBe("reference");
    expect(() => createKernelsSync()).toThrow(
      expect.objectContaining({ code: "ENGINE_UNAVAILABLE" }),
    );
  } finally {
    vi.unstubAllGlobals();
  }
});

it("kernels run in WebAssembly where there is any", () => {
  expect([wasm.name, createKernelsSync().name, twin.name]).toEqual(["wasm", "wasm", "reference"]);
});

describe("of the update codecs' kernels,", () => {
  const cases = kernelAgreementCases({
    ...{ wasm, twin, begin, byteLength: BYTES, cases: UPDATE_KERNEL_CASES },
    ...{ notKernels: ["allocate"], roundsUpTo: 1, runs: 100 },
  });
  it.each(cases.map(({ name, run }) => [name, run] as const))("%s", (_, run) => run());
});

describe.each([wasm, twin])("the kernels in $name", (kernels) => {
  const { buffer } = kernels.memory;

  it("unpack what they have packed", () => {
    const codesOf = (bits: number): fc.Arbitrary<number[]> =>
      fc.array(fc.nat(2 ** bits - 1), { maxLength: 300 });
    const packings = fc
      .integer({ min: 1, max: 16 })
      .chain((bits) => fc.tuple(fc.constant(bits), codesOf(bits), fc.nat(3)));
    fc.assert(
      fc.property(packings, ([bits, codes, shift]) => {
        const [packed, back] = [begin + 4_096 + shift, begin + 8_192];
        new Uint16Array(buffer, begin, codes.length).set(codes);
        kernels.pack(begin, codes.length, bits, packed);
        kernels.unpack(packed, codes.length, bits, back);
        expect([...new Uint16Array(buffer, back, codes.length)]).toEqual(codes);
      }),
      runs,
    );
  });

  it("look packed codes up as if they were unpacked first", () => {
    const table = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i + 1));
    for (let bits = 1; bits <= 8; bits++) {
      const codes = Uint16Array.from({ length: 203 }, (_, i) => (i * 40_503) % 2 ** bits);
      const [codesAt, packed, values] = [begin + 1_024, begin + 2_048, begin + 4_096];
      new Float32Array(buffer, begin, 256).set(table);
      new Uint16Array(buffer, codesAt, codes.length).set(codes);
      kernels.pack(codesAt, codes.length, bits, packed);
      kernels.unpackLookup(packed, codes.length, bits, begin, values);
      expect(new Float32Array(buffer, values, codes.length)).toEqual(
        Float32Array.from(codes, (code) => table[code]!),
      );
    }
  });
});

it("every float16 becomes the same float32 in both", () => {
  for (let first = 0; first < 65_536; first += 4_096) {
    const [ofWasm, ofTwin] = [wasm, twin].map((kernels) => {
      const { buffer } = kernels.memory;
      new Uint16Array(buffer, begin, 4_096).forEach((_, i, halves) => (halves[i] = first + i));
      kernels.fromHalf(begin, 4_096, begin + 8_192);
      return new Uint32Array(buffer.slice(begin + 8_192, begin + 24_576));
    });
    expect(ofWasm!.findIndex((bits, i) => bits !== ofTwin![i])).toBe(-1);
  }
});

describe("the kernels' memory", () => {
  it.each([createKernelsSync, referenceKernels])("grows and keeps what it holds: %o", (create) => {
    const kernels = create();
    const first = kernels.allocate(10);
    new Uint8Array(kernels.memory.buffer, first, 10).fill(7);
    const second = kernels.allocate(1_000_000);
    expect(second).toBe(first + 16);
    const bytes = new Uint8Array(kernels.memory.buffer);
    expect(bytes.length).toBeGreaterThanOrEqual(second + 1_000_000);
    expect(bytes.subarray(first, first + 10).every((byte) => byte === 7)).toBe(true);
    expect(bytes.subarray(second, second + 1_000_000).every((byte) => byte === 0)).toBe(true);
  });
});

describe.each([wasm, twin])("entropy coding in $name", (kernels) => {
  const { buffer } = kernels.memory;
  const alphabet = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 60 });
  const SLOTS = begin + 256;
  const CODES = SLOTS + 4_096;
  const END = begin + 20_000;
  const BACK = END + 20;

  /**
   * Puts codes and their tables into the memory, and encodes them.
   * @returns Where the payload begins.
   */
  function encode(weights: readonly number[], count: number, seed: number, end: number): number {
    const { symbols, slots } = symbolTables(weights);
    new Uint32Array(buffer, begin, symbols.length).set(symbols);
    new Uint8Array(buffer, SLOTS, slots.length).set(slots);
    const codes = new Uint16Array(buffer, CODES, count);
    codes.forEach((_, i) => (codes[i] = slots[Math.imul(i + seed, 0x9e3779b9) >>> 20]!));
    return kernels.ransEncode(CODES, count, begin, end);
  }

  it("gives the codes back, from no more bytes than it promises", () => {
    fc.assert(
      fc.property(alphabet, fc.nat(1_000), fc.nat(), (weights, count, seed) => {
        const start = encode(weights, count, seed, END);
        expect(END - start).toBeLessThanOrEqual(16 + 2 * Math.ceil((3 * count) / 4) + 8);
        expect(kernels.ransDecode(start, END, count, begin, SLOTS, BACK)).toBe(1);
        expect(new Uint16Array(buffer, BACK, count)).toEqual(new Uint16Array(buffer, CODES, count));
      }),
      runs,
    );
  });

  it("refuses bytes that are not exactly those of so many codes", () => {
    let refused = 0;
    fc.assert(
      fc.property(
        ...([alphabet, fc.nat(200), fc.nat(3), fc.nat(400)] as const),
        fc.integer({ min: -2, max: 2 }),
        fc.integer({ min: 1, max: 255 }),
        (weights, count, shift, place, shorter, change) => {
          const end = END + shift;
          const start = encode(weights, count, 0, end);
          const payload = new Uint8Array(buffer, start, end - start);
          payload[place % payload.length]! ^= change;
          refused += 1 - kernels.ransDecode(start, end - shorter, count, begin, SLOTS, BACK);
        },
      ),
      { numRuns: 200 },
    );
    // The four states must end as they began, so that hardly any change passes.
    expect(refused).toBeGreaterThan(195);
  });
});
