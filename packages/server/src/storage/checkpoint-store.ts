import type { ContentId } from "@tributary/protocol";
import type { NewCheckpoint } from "./round-store.ts";

/**
 * The bytes of checkpoints, and what server optimizers remember with them, named by their SHA-256.
 * Stored bytes are never changed or deleted.
 * Every method rejects with `STORAGE_UNAVAILABLE` when the store cannot be reached or is closed.
 */
export interface CheckpointStore {
  /**
   * Stores bytes under their name. They are durable once this resolves. Idempotent: bytes that are
   * stored already are written again only if they have changed since. The array is neither modified
   * nor kept.
   * @throws TributaryError `CHECKPOINT_CORRUPT` when the bytes do not hash to `id`.
   */
  put(id: ContentId, bytes: Uint8Array): Promise<void>;

  /**
   * Reads and verifies bytes.
   * @returns The caller's own copy, whose buffer begins at offset 0; undefined when there are no
   * such bytes.
   * @throws TributaryError `CHECKPOINT_CORRUPT` when what is stored does not hash to `id`.
   */
  get(id: ContentId): Promise<Uint8Array | undefined>;

  /** Whether there are bytes under that name. It does not read or verify them. */
  has(id: ContentId): Promise<boolean>;

  /**
   * Writes some kilobytes where checkpoints are written, and takes them away again. Resolves when
   * that has worked.
   */
  probeWrite(): Promise<void>;

  /** Waits for what is under way; idempotent. */
  close(): Promise<void>;
}

/** Stores the bytes of a checkpoint, and what the server optimizer remembers with it. */
export async function putContents(
  store: Pick<CheckpointStore, "put">,
  { record, bytes, optimizerMemory }: NewCheckpoint,
): Promise<void> {
  await store.put(record.id, bytes);
  if (record.optimizerMemory !== null && optimizerMemory !== undefined) {
    await store.put(record.optimizerMemory, optimizerMemory);
  }
}
