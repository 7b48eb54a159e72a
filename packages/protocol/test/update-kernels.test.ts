import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { UpdateKernels } from "../src/kernels/update-kernels.ts";
import { referenceKernels } from "../src/kernels/reference-kernels.ts";
import { createKernels, createKernelsSync } from "../src/kernels/wasm-kernels.ts";

const wasm = await createKernels();
const twin = referenceKernels();

/** Room for what a property needs, at the same distance in both memories. */
const ROOM = 40_000;
const bases = [wasm.allocate(ROOM), twin.allocate(ROOM)] as const;

/** Runs a kernel in both memories over the same bytes, and compares all that it may have written. */
function bothAgree<T>(
  fill: (bytes: Uint8Array, base: number) => void,
  run: (kernels: UpdateKernels, base: number) => T,
): T {
  const [first, second] = [wasm, twin].map((kernels, index) => {
    const bytes = new Uint8Array(kernels.memory.buffer, bases[index], ROOM);
    bytes.fill(0xa5);
    fill(bytes, bytes.byteOffset);
    return { result: run(kernels, bytes.byteOffset), bytes };
  });
  if (first === undefined || second === undefined) throw new Error("unreachable");
  expect(first.result).toEqual(second.result);
  const difference = first.bytes.findIndex((byte, index) => byte !== second.bytes[index]);
  expect(difference, "first byte that differs").toBe(-1);
  return first.result;
}

const put = (bytes: Uint8Array, at: number, values: Float32Array | Uint16Array): void =>
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);

const key = fc.integer({ min: 0, max: 2 ** 32 - 1 });
/** Values of a common magnitude, zeros of both signs and subnormal numbers among them. */
const valuesOf = (count: number): fc.Arbitrary<Float32Array> =>
  fc.tuple(fc.integer({ min: -148, max: 20 }), fc.nat()).map(([exponent, seed]) =>
    Float32Array.from({ length: count }, (_, i) => {
      const wave = Math.sin(seed + 1.7 * i) * Math.sin(0.3 * i);
      return i % 7 === 3 ? -0 : wave * 2 ** exponent;
    }),
  );
const counted = fc.nat(600).chain((count) => fc.tuple(fc.constant(count), valuesOf(count)));
const coded = (bits: number): fc.Arbitrary<Uint16Array> =>
  fc
    .tuple(fc.nat(300), fc.nat())
    .map(([count, seed]) =>
      Uint16Array.from({ length: count }, (_, i) => (seed + i * 40_503) & (2 ** bits - 1)),
    );
const ALL_BITS = fc.integer({ min: 1, max: 16 });
const runs = { numRuns: 60 };

describe("the kernels in WebAssembly and their twins agree bit for bit:", () => {
  it("runs where WebAssembly is", () => {
    expect([wasm.name, createKernelsSync().name, twin.name]).toEqual(["wasm", "wasm", "reference"]);
  });

  it.each([128, 256, 512, 1_024, 2_048, 4_096])("the parts of a rotation, %i values", (size) => {
    fc.assert(
      fc.property(valuesOf(size), key, key, (values, first, second) => {
        const fill = (bytes: Uint8Array): void => put(bytes, 0, values);
        bothAgree(fill, (kernels, base) => kernels.hadamard(base, size));
        bothAgree(fill, (kernels, base) => kernels.flipHadamard(base, size, first));
        bothAgree(fill, (kernels, base) => kernels.flip(base, size, second, 0.3));
      }),
      { numRuns: 15 },
    );
  });

  it("sums of squares and products", () => {
    fc.assert(
      fc.property(counted, ([count, values]) => {
        const codes = Uint16Array.from({ length: count }, (_, i) => (i * 37) % 16);
        const fill = (bytes: Uint8Array): void => {
          put(
            bytes,
            0,
            Float32Array.from({ length: 16 }, (_, i) => Math.fround(Math.sqrt(i))),
          );
          put(bytes, 64, codes);
          put(bytes, 4_096, values);
        };
        bothAgree(fill, (kernels, base) => kernels.sumOfSquares(base + 4_096, count));
        bothAgree(fill, (kernels, base) => kernels.lookupDot(base + 64, count, base, base + 4_096));
      }),
      runs,
    );
  });

  it.each([0, 1, 3, 7, 127])("the nearest of a table with %i thresholds a side", (thresholds) => {
    const limits = Float32Array.from({ length: thresholds + 1 }, (_, i) =>
      i === thresholds ? NaN : ((i + 1) * 4) / thresholds,
    );
    const hints = Uint8Array.from(
      { length: 640 },
      (_, bucket) => limits.filter((limit) => limit <= bucket / 128).length,
    );
    fc.assert(
      fc.property(
        counted,
        fc.float({ min: 0, max: 2 ** 120, noNaN: true }),
        ([count, values], inverse) => {
          const fill = (bytes: Uint8Array): void => {
            put(bytes, 0, limits);
            bytes.set(hints, 1_024);
            put(bytes, 4_096, values);
          };
          bothAgree(fill, (kernels, base) =>
            kernels.quantizeNearest(
              ...([base + 4_096, count, inverse, base, thresholds] as const),
              ...([base + 1_024, base + 8_192] as const),
            ),
          );
        },
      ),
      runs,
    );
  });

  it("rounding at random to a grid", () => {
    fc.assert(
      fc.property(counted, ALL_BITS, key, ([count, values], bits, seed) => {
        const least = values.reduce((a, b) => Math.min(a, b), 0);
        const perStep =
          (2 ** bits - 1) / values.reduce((a, b) => Math.max(a, b - least), 2 ** -100);
        bothAgree(
          (bytes) => put(bytes, 4_096, values),
          (kernels, base) =>
            kernels.quantizeGrid(
              ...([base + 4_096, count, least, perStep, 2 ** bits - 1] as const),
              ...([seed, base] as const),
            ),
        );
      }),
      runs,
    );
  });

  it("packing and unpacking, at any alignment", () => {
    fc.assert(
      fc.property(
        ALL_BITS.chain((bits) => fc.tuple(fc.constant(bits), coded(bits))),
        fc.nat(3),
        ([bits, codes], shift) => {
          const packedAt = 4_096 + shift;
          bothAgree(
            (bytes) => put(bytes, 0, codes),
            (kernels, base) => {
              kernels.pack(base, codes.length, bits, base + packedAt);
              kernels.unpack(base + packedAt, codes.length, bits, base + 8_192);
              const back = new Uint16Array(kernels.memory.buffer, base + 8_192, codes.length);
              expect(back).toEqual(codes);
            },
          );
        },
      ),
      runs,
    );
  });

  it("looking codes up, packed or not", () => {
    const table = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i + 1));
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }).chain((bits) => fc.tuple(fc.constant(bits), coded(bits))),
        fc.nat(3),
        ([bits, codes], shift) => {
          const fill = (bytes: Uint8Array): void => {
            put(bytes, 0, table);
            put(bytes, 1_024, codes);
          };
          bothAgree(fill, (kernels, base) => {
            kernels.lookup(base + 1_024, codes.length, base, base + 4_096);
            kernels.pack(base + 1_024, codes.length, bits, base + 8_192 + shift);
            kernels.unpackLookup(base + 8_192 + shift, codes.length, bits, base, base + 16_384);
            const { buffer } = kernels.memory;
            expect(new Float32Array(buffer, base + 16_384, codes.length)).toEqual(
              new Float32Array(buffer, base + 4_096, codes.length),
            );
          });
        },
      ),
      runs,
    );
  });

  it("codes to a grid", () => {
    fc.assert(
      fc.property(
        ALL_BITS.chain(coded),
        fc.double({ min: -9, max: 9, noNaN: true }),
        (codes, least) => {
          bothAgree(
            (bytes) => put(bytes, 0, codes),
            (kernels, base) => kernels.affine(base, codes.length, least, 0.1, base + 4_096),
          );
        },
      ),
      runs,
    );
  });

  it("float16 and back", () => {
    fc.assert(
      fc.property(
        fc.nat(600).chain((count) => valuesOf(count)),
        key,
        (values, seed) => {
          const within = values.map((value) => Math.max(-65_000, Math.min(65_000, value)));
          bothAgree(
            (bytes) => put(bytes, 4_096, within),
            (kernels, base) => {
              kernels.toHalf(base + 4_096, within.length, seed, base);
              kernels.fromHalf(base, within.length, base + 8_192);
            },
          );
        },
      ),
      runs,
    );
  });

  it("adding up, as integers", () => {
    const sums = fc
      .nat()
      .map((seed) =>
        Float64Array.from({ length: 600 }, (_, i) => Math.trunc(Math.sin(seed + i) * 2 ** 52)),
      );
    fc.assert(
      fc.property(counted, sums, fc.integer({ min: 1, max: 2 ** 20 }), ([count, values], at, n) => {
        // Ties are many among these, and both signs of zero.
        const scale = n * 2 ** -Math.ceil(Math.log2(n)) * 2 ** 31;
        const inRange = values.map((value) => Math.max(-(2 ** 19), Math.min(2 ** 19, value)));
        bothAgree(
          (bytes) => {
            put(bytes, 0, inRange);
            bytes.set(new Uint8Array(at.buffer), 4_096);
          },
          (kernels, base) => {
            kernels.accumulate(base, count, scale, base + 4_096);
            kernels.accumulate(base, count, 0.5, base + 4_096);
          },
        );
      }),
      runs,
    );
  });

  it("every float16", () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    for (let start = 0; start < all.length; start += 4_096) {
      bothAgree(
        (bytes) => put(bytes, 0, all.subarray(start, start + 4_093)),
        (kernels, base) => kernels.fromHalf(base, 4_093, base + 8_192),
      );
    }
  });
});

it("sums of integers, and multiples, are the same in both", () => {
  fc.assert(
    fc.property(counted, key, fc.integer({ min: 1, max: 32 }), ([count, values], seed, width) => {
      const sums = Uint32Array.from({ length: count }, (_, i) => Math.imul(seed + i, 0x9e3779b9));
      bothAgree(
        (bytes) => {
          bytes.set(new Uint8Array(sums.buffer), 0);
          put(bytes, 4_096, values);
        },
        (kernels, base) => kernels.addModular(base, base + 4_096, count, (2 ** width - 1) | 0),
      );
      bothAgree(
        (bytes) => {
          bytes.set(new Uint8Array(sums.buffer), 0);
          put(bytes, 4_096, values);
        },
        (kernels, base) => kernels.addBytes(base, base + 4_096 + (seed % 4), count),
      );
      bothAgree(
        (bytes) => put(bytes, 4_096, values),
        (kernels, base) => kernels.scale(base + 4_096, count, 0.3),
      );
    }),
    runs,
  );
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

describe("entropy coding", () => {
  /** Frequencies of `count` codes that sum to 4,096, and the tables that the kernels take. */
  const tablesOf = (weights: readonly number[]) => {
    const frequencies = weights.map(() => 1);
    for (let left = 4_096 - weights.length, i = 0; left > 0; i = (i + 1) % weights.length) {
      const share = Math.min(left, weights[i] ?? 1);
      frequencies[i]! += share;
      left -= share;
    }
    let before = 0;
    const symbols = Uint32Array.from(frequencies, (frequency) => {
      before += frequency;
      return frequency + 65_536 * (before - frequency);
    });
    const slots = Uint8Array.from(
      frequencies.flatMap((frequency, code) => new Array<number>(frequency).fill(code)),
    );
    return { symbols, slots };
  };
  const alphabet = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 60 });
  const SLOTS = 256;
  const CODES = SLOTS + 4_096;
  const END = 20_000;
  const BACK = END + 4;

  it("of codes gives them back, in the same bytes from both, and no longer than it says", () => {
    fc.assert(
      fc.property(alphabet, fc.nat(1_000), fc.nat(), (weights, count, seed) => {
        const { symbols, slots } = tablesOf(weights);
        const codes = Uint16Array.from(
          { length: count },
          (_, i) => slots[Math.imul(i + seed, 0x9e3779b9) >>> 20] ?? 0,
        );
        bothAgree(
          (bytes) => {
            bytes.set(new Uint8Array(symbols.buffer), 0);
            bytes.set(slots, SLOTS);
            put(bytes, CODES, codes);
          },
          (kernels, base) => {
            const start = kernels.ransEncode(base + CODES, count, base, base + END);
            expect(base + END - start).toBeLessThanOrEqual(16 + 2 * Math.ceil((3 * count) / 4) + 8);
            const tables = [base, base + SLOTS, base + BACK] as const;
            expect(kernels.ransDecode(start, base + END, count, ...tables)).toBe(1);
            const { buffer } = kernels.memory;
            expect(new Uint16Array(buffer, base + BACK, count)).toEqual(codes);
            return start - base;
          },
        );
      }),
      runs,
    );
  });

  it("refuses bytes that are not exactly those of so many codes, alike in both", () => {
    let refused = 0;
    fc.assert(
      fc.property(
        ...([alphabet, fc.nat(200), fc.nat(3), fc.nat(400)] as const),
        fc.integer({ min: -2, max: 2 }),
        fc.integer({ min: 1, max: 255 }),
        (weights, count, shift, place, shorter, change) => {
          const { symbols, slots } = tablesOf(weights);
          const fine = bothAgree(
            (bytes) => {
              bytes.set(new Uint8Array(symbols.buffer), 0);
              bytes.set(slots, SLOTS);
              put(
                bytes,
                CODES,
                Uint16Array.from({ length: count }, (_, i) => slots[i * 20] ?? 0),
              );
            },
            (kernels, base) => {
              const end = base + END + shift;
              const start = kernels.ransEncode(base + CODES, count, base, end);
              const bytes = new Uint8Array(kernels.memory.buffer);
              const at = start + (place % (end - start));
              bytes[at] = (bytes[at] ?? 0) ^ change;
              const tables = [base, base + SLOTS, base + BACK + 16] as const;
              return kernels.ransDecode(start, end - shorter, count, ...tables);
            },
          );
          refused += 1 - fine;
        },
      ),
      { numRuns: 200 },
    );
    // The four states must come out as they went in, so that hardly any change passes.
    expect(refused).toBeGreaterThan(195);
  });

  it.each([1, 2, 17])("rounds to %i steps a side alike in both", (most) => {
    fc.assert(
      fc.property(
        counted,
        fc.float({ min: 0, max: 2 ** 120, noNaN: true }),
        ([count, values], inverse) => {
          bothAgree(
            (bytes) => put(bytes, 4_096, values),
            (kernels, base) => kernels.quantizeStep(base + 4_096, count, inverse, most, base),
          );
        },
      ),
      runs,
    );
  });
});
