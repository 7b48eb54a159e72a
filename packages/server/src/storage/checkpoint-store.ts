import type { CheckpointId } from "@tributary/protocol";

/**
 * The bytes of checkpoints, named by their SHA-256. Stored bytes are never changed or deleted.
 * Every method rejects with `STORAGE_UNAVAILABLE` when the store cannot be reached or is closed.
 */
export interface CheckpointStore {
  /**
   * Stores bytes under their name. They are durable once this resolves. Idempotent: bytes that are
   * stored already are written again only if they have changed since. The array is neither modified
   * nor kept.
   * @throws TributaryError `CHECKPOINT_CORRUPT` when the bytes do not hash to `id`.
   */
  put(id: CheckpointId, bytes: Uint8Array): Promise<void>;

  /**
   * Reads and verifies bytes.
   * @returns The caller's own copy, whose buffer begins at offset 0; undefined when there are no
   * such bytes.
   * @throws TributaryError `CHECKPOINT_CORRUPT` when what is stored does not hash to `id`.
   */
  get(id: CheckpointId): Promise<Uint8Array | undefined>;

  /** Whether there are bytes under that name. It does not read or verify them. */
  has(id: CheckpointId): Promise<boolean>;

  /**
   * Writes some kilobytes where checkpoints are written, and takes them away again. Resolves when
   * that has worked.
   */
  probeWrite(): Promise<void>;

  /** Waits for what is under way; idempotent. */
  close(): Promise<void>;
}
