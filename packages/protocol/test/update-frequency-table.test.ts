import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTable, tableOf } from "../src/update/frequency-table.ts";

/** Codes 0 to 255 of any shape: flat, steep, a single one, gaps between. */
const codes = fc
  .tuple(
    fc.integer({ min: 1, max: 4_096 }),
    fc.array(fc.nat(255), { minLength: 1, maxLength: 256 }),
    fc.integer({ min: 1, max: 6 }),
    fc.nat(),
  )
  .map(([length, symbols, steepness, seed]) =>
    Uint16Array.from({ length }, (_, i) => {
      const uniform = (Math.imul(i + seed, 0x9e3779b9) >>> 0) / 2 ** 32;
      return symbols[Math.floor(uniform ** steepness * symbols.length)] ?? 0;
    }),
  );
const sumOf = (frequencies: ArrayLike<number>): number =>
  Array.from(frequencies).reduce((sum, one) => sum + one, 0);

/** Bits of the codes by a table's frequencies, and by their own. */
function costs(all: Uint16Array, frequencies: Uint16Array) {
  const counts = new Map<number, number>();
  for (const code of all) counts.set(code, 1 + (counts.get(code) ?? 0));
  let coded = 0;
  let entropy = 0;
  for (const [code, count] of counts) {
    coded -= count * Math.log2((frequencies[code] ?? 0) / 4_096);
    entropy -= count * Math.log2(count / all.length);
  }
  return { coded, entropy, distinct: counts.size };
}

describe("the table of a block's codes", () => {
  it("gives each of them a share of 4,096 units, and reads as it was written", () => {
    fc.assert(
      fc.property(codes, (all) => {
        const { bytes, frequencies } = tableOf(all, all.length, 255);
        expect(sumOf(frequencies)).toBe(4_096);
        expect(all.every((code) => frequencies[code]! > 0)).toBe(true);
        const followed = Uint8Array.of(...bytes, 0xff, 0xff);
        expect(readTable(followed, 255)).toEqual({ bytes, frequencies });
      }),
    );
  });

  it("costs less than a fiftieth of a bit a code beside exact frequencies", () => {
    fc.assert(
      fc.property(codes, (all) => {
        const { frequencies } = tableOf(all, all.length, 255);
        const { coded, entropy, distinct } = costs(all, frequencies);
        // A few codes of many kinds have shares that twelve bits hardly tell.
        expect(coded - entropy).toBeLessThan(0.02 * all.length + 0.2 * distinct);
      }),
    );
  });

  it("takes a few bits for each code", () => {
    fc.assert(
      fc.property(codes, (all) => {
        const between = Math.max(...all) - Math.min(...all) + 1;
        expect(tableOf(all, all.length, 255).bytes.length).toBeLessThanOrEqual(
          2 + Math.ceil((11 * between) / 8),
        );
      }),
    );
    const bell = Uint16Array.from({ length: 4_096 }, (_, i) =>
      Math.round(32 + 8 * (Math.sin(i) + Math.sin(1.7 * i) + Math.sin(2.9 * i))),
    );
    expect(tableOf(bell, 4_096, 63).bytes.length).toBeLessThan(24);
  });

  it("of one code is whole", () => {
    const { bytes, frequencies } = tableOf(new Uint16Array(7).fill(3), 7, 4);
    expect([...frequencies]).toEqual([0, 0, 0, 4_096, 0]);
    expect(bytes[0]).toBe(3);
    expect(bytes[1]).toBe(3);
  });

  it("is the one that the protocol says: classes, their changes, and the shares", () => {
    // 6 of 8 codes are 1 and one each is 0 and 2: weights 511, 3,071 and 511, nearest to 512, 3,072 and 512.
    const { bytes, frequencies } = tableOf(Uint16Array.of(1, 1, 0, 1, 1, 2, 1, 1), 8, 2);
    // Classes 19, 24, 19: changes 19, 5, −5, as numbers 38, 10, 9; plus one 39, 11, 10.
    const words = ["00000" + "1" + "11100", "000" + "1" + "110", "000" + "1" + "010"];
    const bits = words.join("").padEnd(32, "0");
    const packed = [0, 8, 16, 24].map((at) =>
      parseInt(
        bits
          .slice(at, at + 8)
          .split("")
          .toReversed()
          .join(""),
        2,
      ),
    );
    expect([...bytes]).toEqual([0, 2, ...packed]);
    expect([...frequencies]).toEqual([512, 3_071, 513]);
  });

  it.each([
    ["no bytes", []],
    ["one byte", [0]],
    ["no classes", [1, 1]],
    ["a lowest code above the highest", [2, 1, 0b1100]],
    ["a code that the codec does not have", [3, 3, 0b1100]],
    ["six zeros before a change", [1, 1, 0b1100_0000, 0]],
    ["a lowest code that does not come", [0, 1, 0b1_1001]],
    ["a highest code that does not come", [0, 1, 0b1000_1100, 0]],
    ["a class below 0", [1, 1, 0b10]],
    ["a class above the highest", [1, 1, 0b0110_0000, 0b101]],
    ["weights that are all 0", [1, 1, 0b110]],
    ["bits after the last class", [1, 1, 0b1000_1100]],
    ["an end before the last class", [0, 1, 0b1100]],
    ["an end within the last class", [1, 1, 0b0110_0000]],
  ])("is refused with %s", (_, bytes) => {
    expect([...readTable(Uint8Array.of(1, 1, 0b1100), 2)!.frequencies]).toEqual([0, 4_096, 0]);
    expect(readTable(Uint8Array.from(bytes), 2)).toBeUndefined();
  });

  it("is read from any bytes without a step beyond them, and is then one of 4,096 units", () => {
    let read = 0;
    fc.assert(
      fc.property(fc.nat(4), fc.nat(4), fc.uint8Array({ maxLength: 8 }), (a, b, changes) => {
        const bytes = Uint8Array.of(Math.min(a, b), Math.max(a, b), ...changes);
        const table = readTable(bytes, 4);
        if (table === undefined) return;
        read += 1;
        expect(table.frequencies).toHaveLength(5);
        expect(sumOf(table.frequencies)).toBe(4_096);
        expect(table.bytes.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 4_000, seed: 1 },
    );
    expect(read).toBeGreaterThan(100);
  });
});
