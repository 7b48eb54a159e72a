import { GOLDEN, mix } from "./mix.ts";
import type { ReferenceMemory } from "./reference-memory.ts";
import type { QuantizeKernels } from "./update-kernels.ts";

const TWO_POW_MINUS_32 = 2 ** -32;
/** The bits of 2⁻¹⁴ as a float32. Below it, a float16 is subnormal: a multiple of 2⁻²⁴. */
const LEAST_NORMAL_HALF = 0x38800000;

/** The specification of the kernels that turn numbers into codes and back. */
export function referenceQuantize(memory: ReferenceMemory): QuantizeKernels {
  return {
    sumOfSquares(values, count) {
      const x = memory.valuesAt(values, count);
      return inLanes(count, (i) => x[i]! * x[i]!);
    },
    lookupDot(codes, count, table, values) {
      const x = memory.valuesAt(values, count);
      const c = memory.codesAt(codes, count);
      const entries = memory.valuesAt(table);
      return inLanes(count, (i) => entries[c[i]!]! * x[i]!);
    },
    quantizeNearest(values, count, inverse, thresholds, thresholdCount, _hints, codes) {
      const x = memory.valuesAt(values, count);
      const out = memory.codesAt(codes, count);
      const limits = memory.valuesAt(thresholds, thresholdCount);
      const factor = Math.fround(inverse);
      const half = thresholdCount + 1;
      for (let i = 0; i < count; i++) {
        const z = Math.fround(x[i]! * factor);
        const m = countAtMost(limits, Math.abs(z));
        out[i] = z < 0 || Object.is(z, -0) ? half - 1 - m : half + m;
      }
    },
    quantizeGrid(values, count, least, perStep, levels, key, codes) {
      const x = memory.valuesAt(values, count);
      const out = memory.codesAt(codes, count);
      for (let i = 0; i < count; i++) {
        const word = mix(key + Math.imul(i, GOLDEN)) >>> 0;
        const code = Math.trunc((x[i]! - least) * perStep + word * TWO_POW_MINUS_32);
        out[i] = code < 0 ? 0 : code > levels ? levels : code;
      }
    },
    pack(codes, count, bits, packed) {
      const c = memory.codesAt(codes, count);
      const { bytes } = memory;
      let pending = 0;
      let pendingBits = 0;
      let at = packed;
      for (let i = 0; i < count; i++) {
        pending |= c[i]! << pendingBits;
        pendingBits += bits;
        for (; pendingBits >= 8; pendingBits -= 8, pending >>>= 8) bytes[at++] = pending;
      }
      if (pendingBits > 0) bytes[at] = pending;
    },
    unpack(packed, count, bits, codes) {
      const out = memory.codesAt(codes, count);
      const { bytes } = memory;
      const mask = 2 ** bits - 1;
      let pending = 0;
      let pendingBits = 0;
      let at = packed;
      for (let i = 0; i < count; i++) {
        for (; pendingBits < bits; pendingBits += 8) pending |= bytes[at++]! << pendingBits;
        out[i] = pending & mask;
        pending >>>= bits;
        pendingBits -= bits;
      }
    },
    lookup(codes, count, table, values) {
      const c = memory.codesAt(codes, count);
      const x = memory.valuesAt(values, count);
      const entries = memory.valuesAt(table);
      for (let i = 0; i < count; i++) x[i] = entries[c[i]!]!;
    },
    unpackLookup(packed, count, bits, table, values) {
      const x = memory.valuesAt(values, count);
      const entries = memory.valuesAt(table, 2 ** bits);
      const { bytes } = memory;
      const mask = 2 ** bits - 1;
      let pending = 0;
      let pendingBits = 0;
      let at = packed;
      for (let i = 0; i < count; i++) {
        for (; pendingBits < bits; pendingBits += 8) pending |= bytes[at++]! << pendingBits;
        x[i] = entries[pending & mask]!;
        pending >>>= bits;
        pendingBits -= bits;
      }
    },
    affine(codes, count, least, step, values) {
      const c = memory.codesAt(codes, count);
      const x = memory.valuesAt(values, count);
      for (let i = 0; i < count; i++) x[i] = least + step * c[i]!;
    },
    toHalf(values, count, key, halves) {
      const x = memory.valuesAt(values, count);
      const words = memory.wordsAt(values, count);
      const out = memory.codesAt(halves, count);
      for (let i = 0; i < count; i++) {
        const word = mix(key + Math.imul(i, GOLDEN)) >>> 0;
        const magnitude = words[i]! & 0x7fffffff;
        const half =
          magnitude < LEAST_NORMAL_HALF
            ? Math.trunc(Math.abs(x[i]!) * 2 ** 24 + word * TWO_POW_MINUS_32)
            : (magnitude - 0x38000000 + (word >>> 19)) >>> 13;
        out[i] = half | ((words[i]! >>> 16) & 0x8000);
      }
    },
    fromHalf(halves, count, values) {
      const h = memory.codesAt(halves, count);
      const x = memory.valuesAt(values, count);
      for (let i = 0; i < count; i++) {
        const exponent = (h[i]! >> 10) & 31;
        const mantissa = h[i]! & 1_023;
        const magnitude =
          exponent === 0 ? mantissa * 2 ** -24 : (1_024 + mantissa) * 2 ** (exponent - 25);
        x[i] = h[i]! >> 15 === 1 ? -magnitude : magnitude;
      }
    },
  };
}

/** Adds up the terms in four partial sums, in the order in which SIMD does it. */
function inLanes(count: number, term: (index: number) => number): number {
  const lanes = [0, 0, 0, 0] as [number, number, number, number];
  const whole = count - (count % 4);
  for (let i = 0; i < whole; i += 4) {
    lanes[0] += term(i);
    lanes[1] += term(i + 1);
    lanes[2] += term(i + 2);
    lanes[3] += term(i + 3);
  }
  let sum = lanes[0] + lanes[2] + (lanes[1] + lanes[3]);
  for (let i = whole; i < count; i++) sum += term(i);
  return sum;
}

/** @returns How many of the ascending limits are at most `value`. */
function countAtMost(limits: Float32Array, value: number): number {
  let low = 0;
  let high = limits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (limits[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
