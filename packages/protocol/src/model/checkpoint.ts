// A checkpoint is the parameters of a model, named by their SHA-256 (docs/protocol.md, section 6).
import type { SymmetricCrypto } from "../crypto/crypto-provider.ts";
import { toHex } from "../bytes/encoding.ts";
import { TributaryError } from "../errors.ts";
import type { CheckpointId } from "../ids.ts";
import { firstNonFinite, float32Bytes, float32Values } from "../bytes/float32-bytes.ts";
import type { ParameterLayout } from "./parameter-layout.ts";

/**
 * Writes a checkpoint: the parameters as flat little-endian float32 values in layout order, and
 * nothing else.
 * @param values - Float32, shape [layout.size]; not modified.
 * @returns 4 · size bytes. On a little-endian host they are a view of `values`: copy them before
 * you change the values.
 */
export function encodeCheckpoint(values: Float32Array): Uint8Array {
  return float32Bytes(values);
}

/**
 * Reads a checkpoint that may come from anywhere, and checks it.
 * @param bytes - Not modified.
 * @returns Float32, shape [layout.size]. It is a view of `bytes` where alignment and host allow, so
 * it must not be written to.
 * @throws TributaryError `CHECKPOINT_CORRUPT` when the length is not that of the layout, or a value
 * is not finite.
 */
export function decodeCheckpoint(bytes: Uint8Array, layout: ParameterLayout): Float32Array {
  if (bytes.length !== 4 * layout.size) {
    throw new TributaryError(
      "CHECKPOINT_CORRUPT",
      `The checkpoint has ${bytes.length} bytes, and the model needs ${4 * layout.size}`,
      { remedy: "Use a checkpoint of this task's model." },
    );
  }
  const values = float32Values(bytes);
  const index = firstNonFinite(values);
  if (index >= 0) {
    const parameter = layout.parameters.find(({ offset, size }) => index < offset + size);
    throw new TributaryError(
      "CHECKPOINT_CORRUPT",
      `Value ${index} of the checkpoint is ${values[index]}, in the parameter ${parameter?.name ?? ""}`,
      { remedy: "Start again from an earlier checkpoint.", context: { index } },
    );
  }
  return values;
}

/** The name of a checkpoint: the SHA-256 of its bytes, as 64 lowercase hexadecimal digits. */
export function checkpointIdOf(crypto: SymmetricCrypto, bytes: Uint8Array): CheckpointId {
  return toHex(crypto.sha256(bytes)) as CheckpointId;
}
