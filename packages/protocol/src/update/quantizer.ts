// Codecs that make a header and a whole number, its code, of each value of a block. As they are, or with entropy coding:
//
//   header ‖ packed codes
//   length of the rest (2) ‖ header ‖ frequencies of the codes ‖ stream of the codes
//
// A block that would not be shorter that way keeps its packed codes; its length says so, since it is theirs.
import { TributaryError } from "../errors.ts";
import { blockCodec, type BlockScheme, type KernelSource } from "./block-codec.ts";
import type { CodecWorkspace } from "./codec-workspace.ts";
import { LEAST_TABLE_BYTES, readTable, tableOf } from "./frequency-table.ts";
import { LEAST_STREAM_BYTES, readStream, setFrequencies, writeStream } from "./symbol-code.ts";
import { malformed, type UpdateCodec } from "./update-codec.ts";
import type { ValueBlock } from "./value-blocks.ts";

/** How a codec makes codes of a block's values, and values of codes. */
export interface Quantizer {
  readonly name: string;
  readonly sizes: BlockScheme["sizes"];
  readonly seeded: boolean;
  /** Of a block, bytes. */
  readonly headerBytes: number;
  /** The lowest is 0. */
  readonly highestCode: number;
  /** Bytes of `size` packed codes. */
  packedBytes(size: number): number;
  /**
   * Makes a header in `space.packed` and codes in `space.codes` of `space.values`, which may be overwritten.
   * @returns A bound on the decoded values' magnitude.
   */
  quantize(
    space: CodecWorkspace,
    block: ValueBlock,
    seeds: { readonly payload: number; readonly rounding: number },
  ): number;
  /** Packs `space.codes` behind the header. */
  pack(space: CodecWorkspace, size: number): void;
  /**
   * Checks a header.
   * @returns A bound on the decoded values' magnitude.
   * @throws TributaryError `UPDATE_MALFORMED` or `UPDATE_NOT_FINITE`.
   */
  validateHeader(space: CodecWorkspace, block: ValueBlock): number;
  /** Checks packed codes, where not all bytes are some. @throws TributaryError `UPDATE_MALFORMED`. */
  validatePacked?(space: CodecWorkspace, block: ValueBlock): void;
  /** Makes `space.values` of a header and packed codes. */
  decodePacked(space: CodecWorkspace, block: ValueBlock, seed: number): void;
  /** Makes the same of a header and `space.codes`. */
  dequantize(space: CodecWorkspace, block: ValueBlock, seed: number): void;
}

/** Bits a code, at most, that are entropy coded: with more of them a block has few of each. */
export const MOST_ENTROPY_BITS = 8;

/**
 * The codec of a quantizer.
 * @param entropy - Whether its codes are written in as many bits as their rarity in their block asks for. That loses nothing, and
 *   no payload is longer for it by more than two bytes a block.
 * @throws TributaryError `BAD_PARAMETER` when its codes are too many for entropy coding.
 * @see arXiv:1610.02132 §3.2 (entropy-coded QSGD); arXiv:1311.2540 (the coder)
 */
export function quantizerCodec(
  quantizer: Quantizer,
  entropy: boolean | undefined,
  kernels: KernelSource,
): UpdateCodec {
  return blockCodec(entropy === true ? entropyScheme(quantizer) : packedScheme(quantizer), kernels);
}

function packedScheme(quantizer: Quantizer): BlockScheme {
  const { name, sizes, seeded, headerBytes } = quantizer;
  const bytes = (size: number): number => headerBytes + quantizer.packedBytes(size);
  return {
    name,
    sizes,
    seeded,
    bytes,
    encode(space, block, seeds) {
      const maxAbs = quantizer.quantize(space, block, seeds);
      quantizer.pack(space, block.size);
      return { bytes: bytes(block.size), maxAbs };
    },
    validate(space, block) {
      const bound = quantizer.validateHeader(space, block);
      quantizer.validatePacked?.(space, block);
      return bound;
    },
    decode: (space, block, seed) => quantizer.decodePacked(space, block, seed),
  };
}

function entropyScheme(quantizer: Quantizer): BlockScheme {
  const { name, headerBytes, highestCode } = quantizer;
  if (highestCode >= 2 ** MOST_ENTROPY_BITS) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `The ${name} codec cannot be entropy coded with ${highestCode + 1} codes`,
      { remedy: `Use at most ${MOST_ENTROPY_BITS} bits, or no entropy coding.` },
    );
  }
  const packed = packedScheme(quantizer);

  const readCodes = (space: CodecWorkspace, { size, offset }: ValueBlock, bytes: number): void => {
    const table = readTable(space.packed.subarray(headerBytes, bytes), highestCode);
    if (table === undefined) {
      throw malformed(
        `The frequencies of the update's block at value ${offset} are those of no codes`,
        offset,
      );
    }
    setFrequencies(space, table.frequencies);
    readStream(space, size, { at: headerBytes + table.bytes.length, end: bytes, offset });
  };

  return {
    ...packed,
    leastBytes: (size) =>
      Math.min(packed.bytes(size), headerBytes + LEAST_TABLE_BYTES + LEAST_STREAM_BYTES),
    encode(space, block, seeds) {
      const { size } = block;
      const maxAbs = quantizer.quantize(space, block, seeds);
      const table = tableOf(space.codes, size, highestCode);
      setFrequencies(space, table.frequencies);
      const bytes = writeStream(space, size, headerBytes + table.bytes.length);
      if (bytes < packed.bytes(size)) {
        space.packed.set(table.bytes, headerBytes);
        return { bytes, maxAbs };
      }
      quantizer.pack(space, size);
      return { bytes: packed.bytes(size), maxAbs };
    },
    validate(space, block, bytes) {
      if (bytes === packed.bytes(block.size)) return packed.validate(space, block, bytes);
      const bound = quantizer.validateHeader(space, block);
      readCodes(space, block, bytes);
      return bound;
    },
    decode(space, block, seed, bytes) {
      if (bytes === packed.bytes(block.size)) return packed.decode(space, block, seed, bytes);
      readCodes(space, block, bytes);
      quantizer.dequantize(space, block, seed);
    },
  };
}
