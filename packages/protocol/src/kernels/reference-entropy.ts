import type { EntropyKernels } from "./kernels.ts";
import type { ReferenceMemory } from "./reference-memory.ts";

/** A state is from here to below 2³². */
const LEAST = 2 ** 16;
/** Adding and subtracting 1.5 · 2²³ rounds a small float32 to an integer, ties to even. */
const ROUNDING = 1.5 * 2 ** 23;

/** The specification of the kernels of entropy coding. */
export function referenceEntropy(memory: ReferenceMemory): EntropyKernels {
  return {
    quantizeStep(values, count, inverse, most, codes) {
      const x = memory.views.values.subarray(values >> 2, (values >> 2) + count);
      const out = memory.views.codes.subarray(codes >> 1, (codes >> 1) + count);
      const factor = Math.fround(inverse);
      for (let i = 0; i < count; i++) {
        const z = Math.max(-most, Math.min(most, Math.fround(x[i]! * factor)));
        out[i] = Math.fround(Math.fround(z + ROUNDING) - ROUNDING) + most;
      }
    },
    ransEncode(codes, count, symbols, end) {
      const { bytes, words } = memory.views;
      const c = memory.views.codes.subarray(codes >> 1, (codes >> 1) + count);
      const states = [LEAST, LEAST, LEAST, LEAST];
      let out = end;
      for (let i = count - 1; i >= 0; i--) {
        const entry = words[(symbols >> 2) + c[i]!]!;
        const frequency = entry & 0xffff;
        let state = states[i & 3]!;
        if (state >= frequency * 2 ** 20) {
          out -= 2;
          bytes[out] = state & 255;
          bytes[out + 1] = (state >>> 8) & 255;
          state >>>= 16;
        }
        states[i & 3] =
          Math.floor(state / frequency) * 4_096 + (state % frequency) + (entry >>> 16);
      }
      for (let byte = 15; byte >= 0; byte--) {
        bytes[--out] = states[byte >> 2]! >>> (8 * (byte & 3));
      }
      return out;
    },
    ransDecode(packed, end, count, symbols, slots, codes) {
      const { bytes, words } = memory.views;
      const out = memory.views.codes.subarray(codes >> 1, (codes >> 1) + count);
      if (packed + 16 > end) return 0;
      let at = packed;
      const next = (): number => bytes[at++]! | (bytes[at++]! << 8);
      const states = [0, 1, 2, 3].map(() => (next() | (next() << 16)) >>> 0);
      if (states.some((state) => state < LEAST)) return 0;
      for (let i = 0; i < count; i++) {
        const state = states[i & 3]!;
        const symbol = bytes[slots + (state & 4_095)]!;
        const entry = words[(symbols >> 2) + symbol]!;
        out[i] = symbol;
        let rest = (entry & 0xffff) * (state >>> 12) + (state & 4_095) - (entry >>> 16);
        if (rest < LEAST) {
          if (at + 2 > end) return 0;
          rest = rest * LEAST + next();
        }
        states[i & 3] = rest;
      }
      return at === end && states.every((state) => state === LEAST) ? 1 : 0;
    },
  };
}
