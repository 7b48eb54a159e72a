import type { Address } from "./address.ts";

/**
 * The inner loops of the update codecs. They exist twice, in WebAssembly with SIMD and in plain
 * TypeScript, and both give the same bits. The TypeScript is the specification; it also runs where
 * there is no WebAssembly, and tests compare the WebAssembly with it.
 *
 * A kernel works on arrays in `memory` and takes their addresses (see `Address`). Values are
 * float32 and codes are uint16, both little-endian. Counts may be any number, zero included.
 *
 * @example
 * const kernels = await createKernels();
 * const block = kernels.allocate(4 * 4_096);
 * new Float32Array(kernels.memory.buffer, block, 4_096).set(values);
 * kernels.flipHadamard(block, 4_096, 1);
 */
export interface UpdateKernels
  extends
    KernelMemory,
    RotateKernels,
    QuantizeKernels,
    EntropyKernels,
    ModularKernels,
    ValueKernels,
    AccumulateKernels {
  /** Whether these kernels compute in WebAssembly, or in TypeScript (`reference`). */
  readonly name: "wasm" | "reference";
}

/** The number of bytes at `KernelMemory.workspace`. */
export const WORKSPACE_BYTES = 65_536;

/** The memory that kernels work on. It only grows, and lives as long as the kernels. */
export interface KernelMemory {
  /**
   * The memory as it is now. When `allocate` has to grow the memory, `buffer` becomes another
   * object, and views of the old one are empty from then on.
   */
  readonly memory: { readonly buffer: ArrayBuffer };
  /**
   * `WORKSPACE_BYTES` bytes that a codec may use from the beginning of a call to its end. A decoder
   * passes on blocks that lie here, so whoever receives them must not run another codec on the same
   * kernels.
   */
  readonly workspace: Address;
  /**
   * Reserves bytes for as long as the kernels live.
   * @returns Their address, a multiple of 16. All the bytes are 0.
   */
  allocate(byteLength: number): Address;
}

/**
 * The two parts of a random rotation: D, which flips signs at random as a key decides, and H, the
 * Hadamard matrix of ±1 in Sylvester's order, for which H·H = size. Sizes are powers of two and at
 * least 128.
 */
export interface RotateKernels {
  /** Replaces the values by H·values. Their L2 norm grows by √size. */
  hadamard(values: Address, size: number): void;
  /**
   * Replaces the values by H·D·values.
   * @param key - 32 bits that decide which signs are flipped.
   */
  flipHadamard(values: Address, size: number, key: number): void;
  /** Replaces the values by factor·D·values. @param key - As for `flipHadamard`. */
  flip(values: Address, size: number, key: number, factor: number): void;
}

/**
 * From numbers to codes and back. Sums are computed in float64, in four partial sums of every
 * fourth value each, which are added up as ((0 + 2) + (1 + 3)); the last values, fewer than four,
 * follow.
 */
export interface QuantizeKernels {
  /** @returns The sum of the squared values. */
  sumOfSquares(values: Address, count: number): number;
  /** @returns The sum of table[code] · value. @param table - Float32. */
  lookupDot(codes: Address, count: number, table: Address, values: Address): number;
  /**
   * Finds the nearest entry of a table that is symmetric about 0. Let z = value · inverse in
   * float32, and m the number of thresholds that are at most |z|. The code is half + m, or half − 1
   * − m when z is negative, where half is thresholdCount + 1.
   * @param thresholds - Float32, ascending.
   * @param hints - Only read when there are more than 7 thresholds: 640 bytes, of which byte b is
   *   the number of thresholds that are at most b/128. No two thresholds may then lie within 1/128
   *   of each other, all must be below 5, and a NaN must follow the last one.
   */
  quantizeNearest(
    values: Address,
    count: number,
    inverse: number,
    thresholds: Address,
    thresholdCount: number,
    hints: Address,
    codes: Address,
  ): void;
  /**
   * Rounds to a grid at random, so that the expected result is the value itself: code = ⌊(value −
   * least) · perStep + u⌋, between 0 and `levels`. Here u is uniform in [0, 1): for value i it is
   * `mix(key + i·GOLDEN)` / 2³². Everything is computed in float64.
   */
  quantizeGrid(
    values: Address,
    count: number,
    least: number,
    perStep: number,
    levels: number,
    key: number,
    codes: Address,
  ): void;
  /**
   * Writes codes of `bits` bits each, one directly after the other, least significant bit first.
   * The bits of the last byte that no code needs are zero.
   * @param bits - 1 to 16.
   */
  pack(codes: Address, count: number, bits: number, packed: Address): void;
  /** Reads what `pack` wrote. @param bits - 1 to 16. */
  unpack(packed: Address, count: number, bits: number, codes: Address): void;
  /** Writes value = table[code] for every code. @param table - Float32. */
  lookup(codes: Address, count: number, table: Address, values: Address): void;
  /** Does the same as `unpack` followed by `lookup`. @param bits - 1 to 8. */
  unpackLookup(packed: Address, count: number, bits: number, table: Address, values: Address): void;
  /** Writes value = least + step · code, computed in float64. */
  affine(codes: Address, count: number, least: number, step: number, values: Address): void;
  /**
   * Converts float32 to float16 and rounds at random so that the expected result is the value
   * itself: the nearer one of the two neighbours is, the more likely it is chosen, to 13 bits or
   * more.
   * @param values - Below 65,504 in magnitude.
   */
  toHalf(values: Address, count: number, key: number, halves: Address): void;
  /**
   * Converts float16 to float32, exactly. Infinities and NaN become numbers beyond 65,504, which no
   * valid payload has.
   */
  fromHalf(halves: Address, count: number, values: Address): void;
}

/** Sums of integers, which do not depend on the order in which their parts are added. */
export interface AccumulateKernels {
  /**
   * Adds value · scale to each sum, computed in float64 and rounded to an integer, ties to even.
   * @param scale - So small that no |value · scale| is above 2⁵¹.
   * @param sums - Float64: integers that stay within ±2⁵³.
   */
  accumulate(values: Address, count: number, scale: number, sums: Address): void;
}

/**
 * Entropy coding: frequent codes take few bits and rare codes take many. The method is a range
 * asymmetric numeral system (rANS) with four states that take turns, with probabilities in units of
 * 1/4,096 and with words of 16 bits. Two tables describe the codes. `symbols` has a uint32 for each
 * code: its frequency, at most 4,096, plus 65,536 times the sum of the frequencies before it.
 * `slots` has a byte for each of the 4,096 units: the code that the unit belongs to.
 * @see arXiv:1311.2540 (Duda) and arXiv:1402.3392 (Giesen, "Interleaved entropy coders")
 */
export interface EntropyKernels {
  /**
   * Writes code = most + the integer nearest to value · inverse, ties to even, limited to the range
   * from −most to most. Computed in float32.
   */
  quantizeStep(values: Address, count: number, inverse: number, most: number, codes: Address): void;
  /**
   * Writes the four states and then the words, in such a place that they end at `end`. They take 16
   * bytes, and at most 3 bytes more for every two codes.
   * @returns The address at which they begin.
   */
  ransEncode(codes: Address, count: number, symbols: Address, end: Address): Address;
  /**
   * Reads what `ransEncode` wrote. The bytes may be anything at all.
   * @returns 1 if the bytes from `packed` to `end` are exactly those of `count` codes. Otherwise 0,
   *   and the codes must not be used.
   */
  ransDecode(
    packed: Address,
    end: Address,
    count: number,
    symbols: Address,
    slots: Address,
    codes: Address,
  ): number;
}

/** Sums of integers, and multiples of values. */
export interface ModularKernels {
  /** Replaces each sum by (sum + value) & mask, all of them uint32. @param mask - 2^width − 1. */
  addModular(sums: Address, values: Address, count: number, mask: number): void;
  /** Adds each byte to its sum: eight-bit codes of a grid that all share. @param sums - Uint32. */
  addBytes(sums: Address, bytes: Address, count: number): void;
  /** Replaces the values by factor · values. With `sumOfSquares` this clips an update to a norm. */
  scale(values: Address, count: number, factor: number): void;
}

/** What updates are made of and checked by. */
export interface ValueKernels {
  /** Writes a − b, value by value. @param result - It may be one of the two. */
  subtract(a: Address, b: Address, count: number, result: Address): void;
  /** @returns The largest magnitude; NaN when one of the values is NaN, and 0 when there are none. */
  largestMagnitude(values: Address, count: number): number;
}
