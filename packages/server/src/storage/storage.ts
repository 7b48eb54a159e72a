import type { AccessStore } from "./access-store.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import type { RoundStore } from "./round-store.ts";

/** How much room a store takes. */
export interface StorageUsage {
  /** Bytes of everything that is stored. */
  readonly bytes: number;
  /** Bytes that are free on the store's disk; undefined where the server cannot know. */
  readonly freeBytes?: number;
}

/** The three stores of a server: everything that must outlive its process. */
export interface Storage {
  readonly rounds: RoundStore;
  /** Holds the bytes of every checkpoint that `rounds` names. */
  readonly checkpoints: CheckpointStore;
  readonly access: AccessStore;
  /** @throws TributaryError `STORAGE_UNAVAILABLE`. */
  usage(): Promise<StorageUsage>;
  /** Closes all three; idempotent. */
  close(): Promise<void>;
}
