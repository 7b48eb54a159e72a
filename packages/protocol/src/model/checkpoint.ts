import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import { toHex } from "../bytes/encoding.ts";
import { TributaryError } from "../errors.ts";
import type { CheckpointId } from "../ids.ts";
import { firstNonFinite, float32Bytes, float32Values } from "../bytes/float32-bytes.ts";
import type { ParameterLayout } from "./parameter-layout.ts";

/**
 * A checkpoint's bytes: the parameters as flat little-endian float32 in layout order, and nothing else.
 * @param values - Shape [layout.size]; not modified.
 * @returns A view of `values` on a little-endian host: copy it before changing them.
 */
export function encodeCheckpoint(values: Float32Array): Uint8Array {
  return float32Bytes(values);
}

/**
 * Reads a checkpoint.
 * @returns Shape [layout.size]: a view of `bytes` where it is aligned, so not to be written to.
 * @throws TributaryError `CHECKPOINT_CORRUPT` when the length is not the layout's or a value is not finite.
 */
export function decodeCheckpoint(bytes: Uint8Array, layout: ParameterLayout): Float32Array {
  if (bytes.length !== 4 * layout.size) {
    throw new TributaryError(
      "CHECKPOINT_CORRUPT",
      `The checkpoint has ${bytes.length} bytes where the model needs ${4 * layout.size}`,
      { remedy: "Use a checkpoint of this task's model." },
    );
  }
  const values = float32Values(bytes);
  const index = firstNonFinite(values);
  if (index >= 0) {
    const parameter = layout.parameters.find(({ offset, size }) => index < offset + size);
    throw new TributaryError(
      "CHECKPOINT_CORRUPT",
      `The checkpoint's value ${index} is ${values[index]}, in ${parameter?.name ?? "no parameter"}`,
      { remedy: "Start again from an earlier checkpoint.", context: { index } },
    );
  }
  return values;
}

/** The checkpoint's name: SHA-256 of its bytes in hexadecimal. */
export function checkpointIdOf(crypto: CryptoProvider, bytes: Uint8Array): CheckpointId {
  return toHex(crypto.sha256(bytes)) as CheckpointId;
}
