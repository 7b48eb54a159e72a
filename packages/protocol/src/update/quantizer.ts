// Codecs that turn a block into a header and one whole number, a code, for each value. The codes
// are packed, each in the same number of bits, or entropy coded:
//
//   header ‖ packed codes
//   length of the rest (2) ‖ header ‖ frequencies of the codes ‖ stream of the codes
//
// With entropy coding, a block that would not become shorter keeps its packed codes. A decoder sees
// this from the block's length.
import { flags, type Parameter, type ParameterFault } from "../schema/parameter.ts";
import { blockCodec, type BlockScheme, type KernelSource } from "./block-codec.ts";
import type { CodecWorkspace } from "./codec-workspace.ts";
import { LEAST_TABLE_BYTES, readTable, tableOf } from "./frequency-table.ts";
import { LEAST_STREAM_BYTES, readStream, setFrequencies, writeStream } from "./symbol-code.ts";
import { malformed, type UpdateCodec } from "./update-codec.ts";
import type { ValueBlock } from "./value-blocks.ts";

/** How a codec turns a block's values into codes, and codes into values. */
export interface Quantizer {
  readonly name: string;
  readonly sizes: BlockScheme["sizes"];
  readonly seeded: boolean;
  /** Bytes of a block's header. */
  readonly headerBytes: number;
  /** The lowest code is 0. */
  readonly highestCode: number;
  /** Bytes of `size` packed codes. */
  packedBytes(size: number): number;
  /**
   * Turns `space.values`, which may be overwritten, into a header in `space.packed` and codes in
   * `space.codes`.
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
  /**
   * Checks packed codes. Absent where all bytes are valid codes.
   * @throws TributaryError `UPDATE_MALFORMED`.
   */
  validatePacked?(space: CodecWorkspace, block: ValueBlock): void;
  /** Computes `space.values` from a header and packed codes. */
  decodePacked(space: CodecWorkspace, block: ValueBlock, seed: number): void;
  /** Computes `space.values` from a header and `space.codes`. */
  dequantize(space: CodecWorkspace, block: ValueBlock, seed: number): void;
}

/** Codes of more bits are not entropy coded: with so many codes, a block has few of each. */
const MOST_ENTROPY_BITS = 8;

/** The description of `entropy` for the codecs of this file. */
export const entropyParameter = {
  values: flags,
  optional: true,
  meaning: `Entropy coding: the same values in fewer bytes, with ${MOST_ENTROPY_BITS} bits or less.`,
} as const satisfies Parameter;

/** Says that there are too many bits for entropy coding. */
export function entropyFault({
  bits,
  entropy,
}: {
  readonly bits: number;
  readonly entropy?: boolean;
}): ParameterFault | undefined {
  if (entropy !== true || bits <= MOST_ENTROPY_BITS) return undefined;
  return {
    key: "entropy",
    remedy: `Use at most ${MOST_ENTROPY_BITS} bits, or no entropy coding.`,
  };
}

/**
 * The codec of a quantizer.
 * @param entropy - Whether a code is written in fewer bits the more often it occurs in its block.
 *   This loses nothing. A payload with few repetitions becomes longer by two bytes for each block
 *   at most.
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
  const { headerBytes, highestCode } = quantizer;
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
