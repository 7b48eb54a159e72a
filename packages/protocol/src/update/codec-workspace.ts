import { WORKSPACE_BYTES, type UpdateKernels } from "../kernels/update-kernels.ts";
import { UPDATE_BLOCK_VALUES } from "./update-codec.ts";

const CODES_AT = 4 * UPDATE_BLOCK_VALUES;
const PACKED_AT = CODES_AT + 2 * UPDATE_BLOCK_VALUES;
/** A block's header and its codes take 4 bytes for each value and 32 more at most. */
const PACKED_BYTES = 4 * UPDATE_BLOCK_VALUES + 32;
const TABLES_AT = PACKED_AT + PACKED_BYTES;

/**
 * Where the parts of a block lie in the memory of the kernels, and views of them. A call of a codec
 * makes its own workspace, since the memory moves when it grows.
 */
export class CodecWorkspace {
  readonly kernels: UpdateKernels;
  /** Float32, shape [UPDATE_BLOCK_VALUES], at `valuesAt`. */
  readonly values: Float32Array;
  /** Uint16, shape [UPDATE_BLOCK_VALUES], at `codesAt`. */
  readonly codes: Uint16Array;
  /** The block as it is in the payload, header first, at `packedAt`. */
  readonly packed: Uint8Array;
  /** The same bytes. */
  readonly packedView: DataView;
  /** Room for the tables of a codec, at `tablesAt`. */
  readonly tables: Uint8Array;
  readonly valuesAt: number;
  readonly codesAt: number;
  readonly packedAt: number;
  readonly tablesAt: number;

  constructor(kernels: UpdateKernels) {
    const { workspace, memory } = kernels;
    this.kernels = kernels;
    this.valuesAt = workspace;
    this.codesAt = workspace + CODES_AT;
    this.packedAt = workspace + PACKED_AT;
    this.tablesAt = workspace + TABLES_AT;
    this.values = new Float32Array(memory.buffer, this.valuesAt, UPDATE_BLOCK_VALUES);
    this.codes = new Uint16Array(memory.buffer, this.codesAt, UPDATE_BLOCK_VALUES);
    this.packed = new Uint8Array(memory.buffer, this.packedAt, PACKED_BYTES);
    this.packedView = new DataView(memory.buffer, this.packedAt, PACKED_BYTES);
    this.tables = new Uint8Array(memory.buffer, this.tablesAt, WORKSPACE_BYTES - TABLES_AT);
  }

  /**
   * A float32 table among the codec's tables.
   * @param at - Bytes from where the tables begin, a multiple of 4.
   */
  table(at: number, length: number): Float32Array {
    return new Float32Array(this.tables.buffer, this.tablesAt + at, length);
  }
}
