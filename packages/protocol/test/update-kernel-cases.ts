import type { Address } from "../src/kernels/address.ts";
import type { KernelMemory, UpdateKernels } from "../src/kernels/update-kernels.ts";
import type { CallDraft, KernelCase } from "../src/testing/kernel-agreement.ts";

type Case = KernelCase<UpdateKernels>;

/** Values of a magnitude that is drawn as well, so that subnormal numbers come up too. */
const drawValues = (draft: CallDraft, count: number): Address =>
  draft.values(count, 2 ** draft.integer(-148, 20));

/** Any number of values, none included. */
const drawCount = (draft: CallDraft): number => draft.size(600) - 1;

/** Codes from 0 to below 2^bits. */
const drawCodes = (draft: CallDraft, count: number, bits: number): Address =>
  draft.put(Uint16Array.from({ length: count }, () => draft.word() % 2 ** bits));

const drawTable = (draft: CallDraft, bits: number): Address => draft.values(2 ** bits);

/** The size of a rotation, and values of that size. */
function drawRotation(draft: CallDraft): { size: number; values: Address } {
  const size = 2 ** draft.integer(7, 12);
  return { size, values: drawValues(draft, size) };
}

/** The tables of an entropy code in which `codes` codes have drawn frequencies. */
export function symbolTables(weights: readonly number[]): {
  readonly symbols: Uint32Array;
  readonly slots: Uint8Array;
} {
  const frequencies = weights.map(() => 1);
  for (let left = 4_096 - weights.length, i = 0; left > 0; i = (i + 1) % weights.length) {
    const share = Math.min(left, weights[i]!);
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
}

/** Codes, the tables of their entropy code, and where to put the payload. */
function drawSymbols(draft: CallDraft) {
  const weights = Array.from({ length: draft.size(60) }, () => draft.integer(1, 900));
  const { symbols, slots } = symbolTables(weights);
  const count = drawCount(draft);
  const codes = Uint16Array.from({ length: count }, () => slots[draft.integer(0, 4_095)]!);
  const length = 64 + 2 * count;
  return {
    count,
    codes: draft.put(codes),
    symbols: draft.put(symbols),
    slots: draft.put(slots),
    end: draft.room(length, draft.integer(0, 3)) + length,
    decoded: draft.room(2 * count),
  };
}

/** A call of every kernel of the update codecs, with drawn arguments. */
export const UPDATE_KERNEL_CASES: Readonly<
  Record<Exclude<keyof UpdateKernels, keyof KernelMemory | "name">, Case>
> = {
  hadamard(draft) {
    const { size, values } = drawRotation(draft);
    return (kernels) => kernels.hadamard(values, size);
  },
  flipHadamard(draft) {
    const { size, values } = drawRotation(draft);
    const key = draft.word();
    return (kernels) => kernels.flipHadamard(values, size, key);
  },
  flip(draft) {
    const { size, values } = drawRotation(draft);
    const key = draft.word();
    return (kernels) => kernels.flip(values, size, key, 0.3);
  },
  sumOfSquares(draft) {
    const count = drawCount(draft);
    const values = drawValues(draft, count);
    return (kernels) => kernels.sumOfSquares(values, count);
  },
  lookupDot(draft) {
    const [count, bits] = [drawCount(draft), draft.integer(1, 8)];
    const [codes, table] = [drawCodes(draft, count, bits), drawTable(draft, bits)];
    const values = drawValues(draft, count);
    return (kernels) => kernels.lookupDot(codes, count, table, values);
  },
  quantizeNearest(draft) {
    const count = drawCount(draft);
    // Above seven thresholds the kernel looks them up with hints; a NaN follows the last one then.
    const most = [0, 1, 3, 7, 127][draft.integer(0, 4)]!;
    const thresholds = Float32Array.from({ length: most + 1 }, (_, i) =>
      i === most ? NaN : ((i + 1) * 4) / most,
    );
    const hints = Uint8Array.from(
      { length: 640 },
      (_, bucket) => thresholds.filter((threshold) => threshold <= bucket / 128).length,
    );
    const values = drawValues(draft, count);
    const inverse = 2 ** draft.integer(-20, 120);
    const [at, hintsAt, codes] = [draft.put(thresholds), draft.put(hints), draft.room(2 * count)];
    return (kernels) => kernels.quantizeNearest(values, count, inverse, at, most, hintsAt, codes);
  },
  quantizeGrid(draft) {
    const [count, levels] = [drawCount(draft), 2 ** draft.integer(1, 16) - 1];
    const magnitude = 2 ** draft.integer(-100, 20);
    const [values, codes] = [draft.values(count, magnitude), draft.room(2 * count)];
    // Sometimes the grid is too small for the values, which must then end at its edges.
    const [least, perStep] = [-magnitude, levels / (draft.number(1, 2) * magnitude)];
    const key = draft.word();
    return (kernels) => kernels.quantizeGrid(values, count, least, perStep, levels, key, codes);
  },
  pack(draft) {
    const [count, bits] = [drawCount(draft), draft.integer(1, 16)];
    const codes = drawCodes(draft, count, bits);
    const packed = draft.room(Math.ceil((count * bits) / 8), draft.integer(0, 3));
    return (kernels) => kernels.pack(codes, count, bits, packed);
  },
  unpack(draft) {
    const [count, bits] = [drawCount(draft), draft.integer(1, 16)];
    const packed = drawBytes(draft, Math.ceil((count * bits) / 8));
    const codes = draft.room(2 * count);
    return (kernels) => kernels.unpack(packed, count, bits, codes);
  },
  lookup(draft) {
    const [count, bits] = [drawCount(draft), draft.integer(1, 8)];
    const [codes, table] = [drawCodes(draft, count, bits), drawTable(draft, bits)];
    const values = draft.room(4 * count);
    return (kernels) => kernels.lookup(codes, count, table, values);
  },
  unpackLookup(draft) {
    const [count, bits] = [drawCount(draft), draft.integer(1, 8)];
    const packed = drawBytes(draft, Math.ceil((count * bits) / 8));
    const [table, values] = [drawTable(draft, bits), draft.room(4 * count)];
    return (kernels) => kernels.unpackLookup(packed, count, bits, table, values);
  },
  affine(draft) {
    const count = drawCount(draft);
    const [codes, values] = [drawCodes(draft, count, 16), draft.room(4 * count)];
    const least = draft.number(-9, 9);
    return (kernels) => kernels.affine(codes, count, least, 0.1, values);
  },
  toHalf(draft) {
    const count = drawCount(draft);
    const values = draft.values(count, Math.min(65_000, 2 ** draft.integer(-40, 16)));
    const [halves, key] = [draft.room(2 * count), draft.word()];
    return (kernels) => kernels.toHalf(values, count, key, halves);
  },
  fromHalf(draft) {
    const count = drawCount(draft);
    const [halves, values] = [drawCodes(draft, count, 16), draft.room(4 * count)];
    return (kernels) => kernels.fromHalf(halves, count, values);
  },
  quantizeStep(draft) {
    const count = drawCount(draft);
    const [values, codes] = [drawValues(draft, count), draft.room(2 * count)];
    const [inverse, most] = [2 ** draft.integer(-20, 120), draft.size(17)];
    return (kernels) => kernels.quantizeStep(values, count, inverse, most, codes);
  },
  ransEncode(draft) {
    const { codes, count, symbols, end } = drawSymbols(draft);
    return (kernels) => kernels.ransEncode(codes, count, symbols, end);
  },
  ransDecode(draft) {
    const { codes, count, symbols, slots, end, decoded } = drawSymbols(draft);
    // Half of the payloads are damaged: what is decoded up to the fault must agree as well.
    const damage = draft.flag() ? draft.integer(1, 255) : 0;
    const place = draft.integer(0, 400);
    return (kernels) => {
      const start = kernels.ransEncode(codes, count, symbols, end);
      const bytes = new Uint8Array(kernels.memory.buffer, start, end - start);
      bytes[place % bytes.length]! ^= damage;
      return kernels.ransDecode(start, end, count, symbols, slots, decoded);
    };
  },
  addModular(draft) {
    const [count, width] = [drawCount(draft), draft.integer(1, 32)];
    const [sums, values] = [drawWords(draft, count), drawWords(draft, count)];
    return (kernels) => kernels.addModular(sums, values, count, (2 ** width - 1) | 0);
  },
  addBytes(draft) {
    const count = drawCount(draft);
    const [sums, bytes] = [drawWords(draft, count), drawBytes(draft, count)];
    return (kernels) => kernels.addBytes(sums, bytes, count);
  },
  scale(draft) {
    const count = drawCount(draft);
    const values = drawValues(draft, count);
    return (kernels) => kernels.scale(values, count, 0.3);
  },
  subtract(draft) {
    const count = drawCount(draft);
    const [a, b] = [drawValues(draft, count), drawValues(draft, count)];
    return (kernels) => {
      kernels.subtract(a, b, count, b);
      kernels.subtract(a, b, count, a);
    };
  },
  largestMagnitude(draft) {
    const count = drawCount(draft);
    const values = drawValues(draft, count);
    const spoilt = Float32Array.from({ length: 40 }, () => draft.number(-1, 1));
    spoilt[draft.integer(0, 39)] = [Number.NaN, Infinity, -Infinity][draft.integer(0, 2)]!;
    const at = draft.put(spoilt);
    return draft.integer(0, 1) === 0
      ? (kernels) => kernels.largestMagnitude(values, count)
      : (kernels) => kernels.largestMagnitude(at, spoilt.length);
  },
  accumulate(draft) {
    const count = drawCount(draft);
    const values = draft.values(count, 2 ** draft.integer(-60, 19));
    const sums = draft.put(
      Float64Array.from({ length: count }, () => Math.trunc(draft.number(-1, 1) * 2 ** 52)),
    );
    const scale = 2 ** 31 / draft.number(1, 2);
    return (kernels) => {
      kernels.accumulate(values, count, scale, sums);
      // A scale at which halves are frequent, which are rounded to even.
      kernels.accumulate(values, count, 0.5, sums);
    };
  },
};

/** Bytes at any alignment. */
function drawBytes(draft: CallDraft, count: number): Address {
  const bytes = Uint8Array.from({ length: count }, () => draft.word());
  return draft.put(bytes, draft.integer(0, 3));
}

const drawWords = (draft: CallDraft, count: number): Address =>
  draft.put(Uint32Array.from({ length: count }, () => draft.word()));
