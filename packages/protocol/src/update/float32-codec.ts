import { copyFloat32, firstNonFinite, float32Bytes, sharesMemory } from "../bytes/float32-bytes.ts";
import type { Address } from "../kernels/address.ts";
import type { UpdateKernels } from "../kernels/update-kernels.ts";
import type { KernelSource } from "./block-codec.ts";
import type { CodecDefinition } from "./codec-definition.ts";
import {
  UPDATE_BLOCK_VALUES,
  checkMagnitude,
  checkPayloadLength,
  notFinite,
  type UpdateCodec,
  type UpdateSink,
} from "./update-codec.ts";

/** What a plan says to send updates as they are. */
export interface Float32Spec {
  readonly codec: "float32";
}

/** The values as they are: little-endian float32, four bytes each, without any loss. */
export const float32Codec: CodecDefinition<Float32Spec> = {
  name: "float32",
  meaning: "The values as trained: four bytes for each.",
  parameters: {},
  isReadableAlone: true,
  leavesResidual: false,
  isMostlyZero: () => false,
  isMostlyError: () => false,
  mostStretch: () => 1,
  create: (_, kernels) => plainValues(kernels),
};

function plainValues(kernels: KernelSource): UpdateCodec {
  const codec: UpdateCodec = {
    name: "float32",
    isVerbatim: true,
    payloadBytes: (dimension) => ({ min: 4 * dimension, max: 4 * dimension }),
    encode(update, _, memory = new Uint8Array(4 * update.length)) {
      const payload = memory.subarray(0, 4 * update.length);
      const bytes = float32Bytes(update);
      const isThere = bytes.buffer === payload.buffer && bytes.byteOffset === payload.byteOffset;
      if (!isThere) payload.set(bytes);
      codec.validate(payload, update.length);
      return payload;
    },
    validate(payload, dimension) {
      let maxAbs = 0;
      codec.decode(payload, dimension, (block, offset) => {
        maxAbs = Math.max(maxAbs, checkValues(kernels, block, offset));
      });
      return { maxAbs };
    },
    decode(payload, dimension, sink, { offset, length } = { offset: 0, length: dimension }) {
      checkPayloadLength(codec, payload, dimension);
      eachBlock(payload, offset, offset + length, sink);
    },
  };
  return codec;
}

/** Blocks are views of the payload if it is aligned; otherwise they are copied to one buffer. */
function eachBlock(payload: Uint8Array, from: number, to: number, sink: UpdateSink): void {
  const shared = sharesMemory(payload);
  const buffer = new Float32Array(shared ? 0 : Math.min(to - from, UPDATE_BLOCK_VALUES));
  for (let offset = from; offset < to; offset += UPDATE_BLOCK_VALUES) {
    const length = Math.min(UPDATE_BLOCK_VALUES, to - offset);
    if (shared) {
      sink(new Float32Array(payload.buffer, payload.byteOffset + 4 * offset, length), offset);
      continue;
    }
    const block = buffer.subarray(0, length);
    copyFloat32(payload.subarray(4 * offset, 4 * (offset + length)), block);
    sink(block, offset);
  }
  buffer.fill(0);
}

/**
 * The largest magnitude of the values of a block.
 * @param offset - Where in the update, as the index of a value.
 * @throws TributaryError `UPDATE_NOT_FINITE` or `UPDATE_OUT_OF_RANGE`.
 */
function checkValues(source: KernelSource, values: Float32Array, offset: number): number {
  const kernels = source();
  const largest = kernels.largestMagnitude(addressOf(values, kernels), values.length);
  if (!Number.isFinite(largest)) {
    const bad = firstNonFinite(values);
    throw notFinite(offset + bad, values[bad]);
  }
  checkMagnitude(largest);
  return largest;
}

/** Where a block lies in the memory of the kernels. It is copied there if it lies elsewhere. */
function addressOf(block: Float32Array, { memory, workspace }: UpdateKernels): Address {
  if (block.buffer === memory.buffer) return block.byteOffset;
  new Float32Array(memory.buffer, workspace, block.length).set(block);
  return workspace;
}
