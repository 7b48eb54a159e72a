/**
 * The inner loops of the update codecs, once in WebAssembly SIMD and once in plain TypeScript. Both give the same bits: the
 * TypeScript is the specification, the fallback where there is no WebAssembly, and what tests compare with.
 *
 * A kernel works on `memory`, and takes byte offsets into it. Values are float32, codes uint16, both little-endian; offsets of
 * values and codes are multiples of 4, packed bytes may be anywhere. Counts may be any number, zero included.
 *
 * @example
 * const kernels = await createKernels();
 * const at = kernels.allocate(4 * 4_096);
 * new Float32Array(kernels.memory.buffer, at, 4_096).set(block);
 * kernels.flipHadamard(at, 4_096, 1);
 */
export interface Kernels
  extends
    KernelMemory,
    RotateKernels,
    QuantizeKernels,
    EntropyKernels,
    ModularKernels,
    AccumulateKernels {
  readonly name: "wasm" | "reference";
}

/** Bytes at `KernelMemory.workspace`. */
export const WORKSPACE_BYTES = 65_536;

export interface KernelMemory {
  /** `buffer` is another one after `allocate` has had to grow it; views of the old one are empty then. */
  readonly memory: { readonly buffer: ArrayBuffer };
  /**
   * `WORKSPACE_BYTES` bytes that a codec may use from a call to its return. A decoder hands out blocks that lie here, so that a
   * sink must not run another codec on the same kernels.
   */
  readonly workspace: number;
  /** Reserves bytes for as long as the kernels live. @returns A multiple of 16; the bytes are 0. */
  allocate(byteLength: number): number;
}

/**
 * What random rotations are made of: D, random signs that a key stands for, and H, Hadamard's matrix of ±1 in Sylvester's
 * order, so that H·H = size. Sizes are powers of two, at least 128.
 */
export interface RotateKernels {
  /** values ← H·values: the norm grows by √size. */
  hadamard(values: number, size: number): void;
  /** values ← H·D·values. @param key - 32 bits. */
  flipHadamard(values: number, size: number, key: number): void;
  /** values ← factor·D·values. */
  flip(values: number, size: number, key: number, factor: number): void;
}

/** Numbers to codes and back. Sums are of float64, in four lanes of every fourth value: ((0 + 2) + (1 + 3)), then the rest. */
export interface QuantizeKernels {
  /** The sum of the squares of float32 values. */
  sumOfSquares(values: number, count: number): number;
  /** Σ table[code] · value. */
  lookupDot(codes: number, count: number, table: number, values: number): number;
  /**
   * The nearest entry of a table that is symmetric about 0: with m the number of thresholds at or below |z|, z being
   * value · inverse in float32, the code is half + m, or half − 1 − m when z is negative; half is thresholdCount + 1.
   * @param thresholds - Float32, ascending.
   * @param hints - Where there are more than 7 thresholds: 640 bytes, the b-th the number of thresholds at or below b/128. No two
   *   thresholds lie within 1/128 then, all are below 5, and a NaN stands after the last.
   */
  quantizeNearest(
    values: number,
    count: number,
    inverse: number,
    thresholds: number,
    thresholdCount: number,
    hints: number,
    codes: number,
  ): void;
  /**
   * Rounds at random to a grid: code = ⌊(value − least) · perStep + u⌋, at least 0 and at most `levels`, u being uniform in
   * [0, 1): `mix(key + i·GOLDEN)` / 2³² for value i. Computed in float64.
   */
  quantizeGrid(
    values: number,
    count: number,
    least: number,
    perStep: number,
    levels: number,
    key: number,
    codes: number,
  ): void;
  /** k-bit codes in a row, least significant bit first; bits after the last code are zero. @param bits - 1 to 16. */
  pack(codes: number, count: number, bits: number, packed: number): void;
  /** The inverse of `pack`. @param bits - 1 to 16. */
  unpack(packed: number, count: number, bits: number, codes: number): void;
  /** value = table[code]. @param table - Float32. */
  lookup(codes: number, count: number, table: number, values: number): void;
  /** `unpack`, then `lookup`. @param bits - 1 to 8. */
  unpackLookup(packed: number, count: number, bits: number, table: number, values: number): void;
  /** value = least + step · code, computed in float64. */
  affine(codes: number, count: number, least: number, step: number, values: number): void;
  /**
   * float32 to float16, rounded at random so that the mean is the value itself: the chance of the larger neighbour is the
   * distance to the smaller one, to 13 bits and more. @param values - Below 65,504 in magnitude.
   */
  toHalf(values: number, count: number, key: number, halves: number): void;
  /** float16 to float32; exact. Infinities and NaN become numbers beyond 65,504. */
  fromHalf(halves: number, count: number, values: number): void;
}

/** Sums that do not depend on the order of their parts, since these are integers. */
export interface AccumulateKernels {
  /**
   * sum += value · scale, computed in float64 and rounded to an integer, ties to even.
   * @param scale - Such that no |value · scale| is above 2⁵¹.
   * @param sums - Float64, at a multiple of 8: integers that stay within ±2⁵³.
   */
  accumulate(values: number, count: number, scale: number, sums: number): void;
}

/**
 * Codes in as many bits as their rarity asks for: range asymmetric numeral systems with four states in turn, probabilities in units of
 * 1/4,096 and words of 16 bits. A table of symbols has a uint32 for each code, its frequency, at most 4,096, and 65,536 times the
 * sum of those before it; a table of slots has the code of each of the 4,096 units, a byte.
 * @see arXiv:1311.2540 (Duda); F. Giesen, "Interleaved entropy coders", arXiv:1402.3392
 */
export interface EntropyKernels {
  /** code = most + the nearest integer to value · inverse, ties to even, between −most and most. In float32. */
  quantizeStep(values: number, count: number, inverse: number, most: number, codes: number): void;
  /**
   * Writes the four states and then the words, so that they end at `end`: 16 bytes, and 3 bytes for each two codes at most.
   * @returns Where they begin.
   */
  ransEncode(codes: number, count: number, symbols: number, end: number): number;
  /**
   * Reads what `ransEncode` wrote, whatever it is.
   * @returns 1 if the bytes from `packed` to `end` are exactly those of `count` codes, else 0; the codes are then not to be used.
   */
  ransDecode(
    packed: number,
    end: number,
    count: number,
    symbols: number,
    slots: number,
    codes: number,
  ): number;
}

/** Sums of integers, and multiples of values. */
export interface ModularKernels {
  /** sums ← (sums + values) & mask, uint32. @param mask - 2^width − 1. */
  addModular(sums: number, values: number, count: number, mask: number): void;
  /** sums ← sums + bytes, uint32 and uint8: eight-bit codes of a grid that all share. Bytes may be anywhere. */
  addBytes(sums: number, bytes: number, count: number): void;
  /** values ← factor · values: with `sumOfSquares` what clips an update to a norm. */
  scale(values: number, count: number, factor: number): void;
}

/** Words of the key, or of a stream, that belong together but for this odd step. */
export const GOLDEN = 0x9e3779b9;

/**
 * MurmurHash3's finaliser: unrelated words of neighbouring numbers. Not cryptographic.
 * @returns 32 bits as a signed integer.
 */
export function mix(word: number): number {
  let h = word | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
