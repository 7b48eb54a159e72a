// The update is cut into blocks of 4,096 values, each with a grid of 2^bits levels of its own:
//
//   float32 min ‖ float32 step ‖ packed codes        (all little-endian; the last block may be shorter)
//
// and stands for min + step · code, computed in float64 and rounded to float32. A value between two levels goes to
// one of them at random, the nearer one more often, so that the mean over many encodings is the value itself.
import type { RandomSource } from "../crypto/random-source.ts";
import { TributaryError } from "../errors.ts";
import { packCodes, packedBytes, unpackCodes } from "./bit-packing.ts";
import {
  UPDATE_BLOCK_VALUES,
  checkMagnitude,
  checkPayloadLength,
  notFinite,
  type UpdateCodec,
} from "./update-codec.ts";
import { xoshiroState, type XoshiroState } from "./xoshiro128.ts";

const HEADER_BYTES = 8;
const TWO_POW_MINUS_32 = 2 ** -32;

/**
 * A uniform grid a block, with unbiased stochastic rounding: |x̂ − x| ≤ step, and half a float32 rounding of x̂.
 * @param bits - Per value, 1 to 16.
 * @throws TributaryError `BAD_PARAMETER`.
 * @see arXiv:1610.05492 §3 (probabilistic quantization)
 */
export function uniformCodec({ bits }: { readonly bits: number }): UpdateCodec {
  if (!Number.isInteger(bits) || bits < 1 || bits > 16) {
    throw new TributaryError("BAD_PARAMETER", `The uniform codec cannot use ${bits} bits`, {
      remedy: "Use a whole number from 1 to 16.",
    });
  }
  const levels = 2 ** bits - 1;
  const blockBytes = HEADER_BYTES + packedBytes(UPDATE_BLOCK_VALUES, bits);
  const codec: UpdateCodec = {
    name: "uniform",
    payloadBytes(dimension) {
      const rest = dimension % UPDATE_BLOCK_VALUES;
      const whole = (dimension - rest) / UPDATE_BLOCK_VALUES;
      return whole * blockBytes + (rest === 0 ? 0 : HEADER_BYTES + packedBytes(rest, bits));
    },
    encode(update, random) {
      return encodeBlocks(update, bits, new Uint8Array(codec.payloadBytes(update.length)), random);
    },
    validate(payload, dimension) {
      checkPayloadLength(codec, payload, dimension);
      let maxAbs = 0;
      eachBlock(payload, dimension, bits, (header, packed, offset, length) => {
        const bound = magnitudeBound(readGrid(header, offset), levels);
        checkMagnitude(bound);
        if (bound > maxAbs) maxAbs = bound;
        checkPadding(packed, length * bits, offset);
      });
      return { maxAbs };
    },
    decode(payload, dimension, sink) {
      checkPayloadLength(codec, payload, dimension);
      const codes = new Uint16Array(Math.min(dimension, UPDATE_BLOCK_VALUES));
      const values = new Float32Array(codes.length);
      const table = new Float32Array(bits <= 8 ? levels + 1 : 0);
      eachBlock(payload, dimension, bits, (header, packed, offset, length) => {
        const grid = readGrid(header, offset);
        const block = values.subarray(0, length);
        // Eight bits need no unpacking.
        let indices: Uint8Array | Uint16Array = packed;
        if (bits !== 8) {
          indices = codes.subarray(0, length);
          unpackCodes(packed, bits, indices);
        }
        if (bits <= 8) decodeByTable(indices, grid, table, block);
        else decodeDirectly(indices, grid, block);
        sink(block, offset);
      });
    },
  };
  return codec;
}

interface Grid {
  readonly min: number;
  readonly step: number;
}

function eachBlock(
  payload: Uint8Array,
  dimension: number,
  bits: number,
  visit: (header: DataView, packed: Uint8Array, offset: number, length: number) => void,
): void {
  let position = 0;
  for (let offset = 0; offset < dimension; offset += UPDATE_BLOCK_VALUES) {
    const length = Math.min(UPDATE_BLOCK_VALUES, dimension - offset);
    const start = position + HEADER_BYTES;
    const end = start + packedBytes(length, bits);
    const header = new DataView(payload.buffer, payload.byteOffset + position, HEADER_BYTES);
    visit(header, payload.subarray(start, end), offset, length);
    position = end;
  }
}

function readGrid(header: DataView, offset: number): Grid {
  const min = header.getFloat32(0, true);
  const step = header.getFloat32(4, true);
  if (!Number.isFinite(min)) throw notFinite(offset, min);
  if (!Number.isFinite(step)) throw notFinite(offset, step);
  if (step < 0)
    throw malformed(`The grid of the update's block at value ${offset} descends`, offset);
  return { min, step };
}

/** Largest |x̂| that a grid can stand for. */
function magnitudeBound({ min, step }: Grid, levels: number): number {
  return Math.max(Math.abs(min), Math.abs(Math.fround(min + step * levels)));
}

/** One payload for one meaning: the bits after the last code are zero. */
function checkPadding(packed: Uint8Array, usedBits: number, offset: number): void {
  const used = usedBits % 8;
  if (used !== 0 && (packed.at(-1) ?? 0) >> used !== 0) {
    throw malformed(`The update's block at value ${offset} has bits after its last code`, offset);
  }
}

function malformed(cause: string, offset: number): TributaryError {
  return new TributaryError("UPDATE_MALFORMED", cause, {
    remedy: "Encode the update with the codec of this package.",
    context: { offset },
  });
}

function decodeByTable(
  codes: Uint8Array | Uint16Array,
  { min, step }: Grid,
  table: Float32Array,
  block: Float32Array,
): void {
  for (let code = 0; code < table.length; code++) table[code] = min + step * code;
  for (let i = 0; i < block.length; i++) block[i] = table[codes[i]!]!;
}

function decodeDirectly(
  codes: Uint8Array | Uint16Array,
  { min, step }: Grid,
  block: Float32Array,
): void {
  for (let i = 0; i < block.length; i++) block[i] = min + step * codes[i]!;
}

function encodeBlocks(
  update: Float32Array,
  bits: number,
  payload: Uint8Array,
  random: RandomSource,
): Uint8Array {
  const levels = 2 ** bits - 1;
  const state = xoshiroState(random.bytes(16));
  const codes = new Uint16Array(Math.min(update.length, UPDATE_BLOCK_VALUES));
  eachBlock(payload, update.length, bits, (header, packed, offset, length) => {
    const block = update.subarray(offset, offset + length);
    const grid = gridOf(block, levels, offset);
    checkMagnitude(magnitudeBound(grid, levels));
    header.setFloat32(0, grid.min, true);
    header.setFloat32(4, grid.step, true);
    // A constant block needs no codes: all stay 0.
    if (grid.step === 0) return;
    if (bits === 8) {
      roundAtRandom(block, grid, levels, state, packed);
      return;
    }
    const blockCodes = codes.subarray(0, length);
    roundAtRandom(block, grid, levels, state, blockCodes);
    packCodes(blockCodes, bits, packed);
  });
  return payload;
}

/** The narrowest grid of float32 min and step that covers the block. */
function gridOf(block: Float32Array, levels: number, offset: number): Grid {
  let min = Infinity;
  let max = -Infinity;
  let nan = 0;
  for (let i = 0; i < block.length; i++) {
    const value = block[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
    nan += value - value;
  }
  if (nan !== 0) {
    const bad = block.findIndex((value) => !Number.isFinite(value));
    throw notFinite(offset + bad, block[bad]);
  }
  const exact = (max - min) / levels;
  const rounded = Math.fround(exact);
  // Rounding the step down would leave the largest values above the top level, and so biased.
  return { min, step: rounded < exact ? nextFloat32(rounded) : rounded };
}

/** The next float32 above a finite one that is not negative. */
function nextFloat32(value: number): number {
  const float = Float32Array.of(value);
  new Uint32Array(float.buffer)[0]! += 1;
  return float[0]!;
}

/**
 * code = ⌊(x − min) / step + u⌋ with u uniform in [0, 1): the fraction is the chance of the upper level.
 * `xoshiro128` is repeated here with its state in local variables, which is twice as fast as a call a value.
 */
function roundAtRandom(
  block: Float32Array,
  { min, step }: Grid,
  levels: number,
  state: XoshiroState,
  codes: Uint8Array | Uint16Array,
): void {
  const perStep = 1 / step;
  let [s0, s1, s2, s3] = state;
  for (let i = 0; i < block.length; i++) {
    const product = Math.imul(s1, 5);
    const word = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = (s3 << 11) | (s3 >>> 21);
    const code = ((block[i]! - min) * perStep + word * TWO_POW_MINUS_32) | 0;
    codes[i] = code > levels ? levels : code;
  }
  state[0] = s0;
  state[1] = s1;
  state[2] = s2;
  state[3] = s3;
}
