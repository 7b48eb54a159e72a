import { TributaryError, firstNonFinite, float32Bytes, float32Values } from "@tributary/protocol";
import type { OptimizerMemory, ServerOptimizer } from "./server-optimizer.ts";

/** Number of values that an optimizer remembers of `dimension` trained parameters. */
export function memorySize({ remembers }: ServerOptimizer, dimension: number): number {
  return Object.keys(remembers).length * dimension;
}

/**
 * Writes what an optimizer remembers: its values as flat little-endian float32, and nothing else.
 * @param memory - Not modified.
 * @returns 4 bytes for each value. On a little-endian host they are a view of `memory`.
 */
export function encodeMemory(memory: OptimizerMemory): Uint8Array {
  return float32Bytes(memory);
}

/**
 * Reads what an optimizer remembers, and checks it.
 * @param bytes - Not modified.
 * @param dimension - Number of trained parameters.
 * @returns A view of `bytes` where alignment and host allow, so that it must not be written to.
 * @throws TributaryError `CHECKPOINT_CORRUPT` when the length is not that of this optimizer's
 *   memory, or a value is not finite.
 */
export function decodeMemory(
  bytes: Uint8Array,
  optimizer: ServerOptimizer,
  dimension: number,
): OptimizerMemory {
  const size = memorySize(optimizer, dimension);
  const memory = bytes.length === 4 * size ? float32Values(bytes) : undefined;
  if (memory !== undefined && firstNonFinite(memory) < 0) return memory;
  throw new TributaryError(
    "CHECKPOINT_CORRUPT",
    memory === undefined
      ? `The optimizer's memory has ${bytes.length} bytes, and the task needs ${4 * size}`
      : "The optimizer's memory has a value that is not finite",
    { remedy: "Restore the store from a backup, or go back to an earlier checkpoint." },
  );
}
