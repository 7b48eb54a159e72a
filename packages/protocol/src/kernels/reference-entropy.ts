import type { EntropyKernels } from "./update-kernels.ts";
import type { ReferenceMemory } from "./reference-memory.ts";

/** Between two codes, every state is at least this number and below 2³². */
const LEAST = 2 ** 16;
/**
 * Adding this number and subtracting it again rounds a small float32 to an integer, ties to even: a
 * float32 of this size has no bits left for a fraction.
 */
const ROUNDING = 1.5 * 2 ** 23;

/** The specification of the kernels for entropy coding. */
export function referenceEntropy(memory: ReferenceMemory): EntropyKernels {
  return {
    quantizeStep(values, count, inverse, most, codes) {
      const x = memory.valuesAt(values, count);
      const out = memory.codesAt(codes, count);
      const factor = Math.fround(inverse);
      for (let i = 0; i < count; i++) {
        const z = Math.max(-most, Math.min(most, Math.fround(x[i]! * factor)));
        out[i] = Math.fround(Math.fround(z + ROUNDING) - ROUNDING) + most;
      }
    },
    ransEncode(codes, count, symbols, end) {
      const { bytes } = memory;
      const entries = memory.wordsAt(symbols);
      const c = memory.codesAt(codes, count);
      // Codes are written last to first, so that they are read first to last.
      const states = [LEAST, LEAST, LEAST, LEAST];
      let out = end;
      for (let i = count - 1; i >= 0; i--) {
        const entry = entries[c[i]!]!;
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
      const { bytes } = memory;
      const entries = memory.wordsAt(symbols);
      const out = memory.codesAt(codes, count);
      if (packed + 16 > end) return 0;
      let at = packed;
      const next = (): number => bytes[at++]! | (bytes[at++]! << 8);
      const states = [0, 1, 2, 3].map(() => (next() | (next() << 16)) >>> 0);
      if (states.some((state) => state < LEAST)) return 0;
      for (let i = 0; i < count; i++) {
        const state = states[i & 3]!;
        const symbol = bytes[slots + (state & 4_095)]!;
        const entry = entries[symbol]!;
        out[i] = symbol;
        let rest = (entry & 0xffff) * (state >>> 12) + (state & 4_095) - (entry >>> 16);
        if (rest < LEAST) {
          if (at + 2 > end) return 0;
          rest = rest * LEAST + next();
        }
        states[i & 3] = rest;
      }
      // Encoding began with these states, so decoding must end with them.
      return at === end && states.every((state) => state === LEAST) ? 1 : 0;
    },
  };
}
