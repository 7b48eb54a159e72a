import type { CheckpointId } from "@tributary/protocol";

/**
 * The bytes of checkpoints, named by their SHA-256. Nothing is ever changed or deleted.
 * Every method rejects with `STORAGE_UNAVAILABLE` when the store cannot be reached or is closed.
 */
export interface CheckpointStore {
  /**
   * Stores bytes under their name; durable when it resolves, idempotent. Not modified, not kept by reference.
   * @throws TributaryError `CHECKPOINT_CORRUPT` when the bytes do not hash to `id`.
   */
  put(id: CheckpointId, bytes: Uint8Array): Promise<void>;

  /**
   * Reads and verifies bytes.
   * @returns A copy of the caller's own, whose buffer begins at offset 0; undefined when there is none.
   * @throws TributaryError `CHECKPOINT_CORRUPT` when what is stored does not hash to `id`.
   */
  get(id: CheckpointId): Promise<Uint8Array | undefined>;

  /** Whether something is stored under that name; does not read it. */
  has(id: CheckpointId): Promise<boolean>;

  /** Waits for what is under way; idempotent. */
  close(): Promise<void>;
}
