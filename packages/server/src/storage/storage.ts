import type { AccessStore } from "./access-store.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import type { IdentityStore } from "./identity-store.ts";
import type { Lease } from "./lease.ts";
import type { RoundStore } from "./round-store.ts";

/** How much room a store takes. */
export interface StorageUsage {
  /** Bytes of everything that is stored. */
  readonly bytes: number;
  /** Bytes that are free on the store's disk; undefined where the server cannot know. */
  readonly freeBytes?: number;
}

/** The stores of a server: everything that must outlive its process. */
export interface Storage {
  readonly rounds: RoundStore;
  /** Holds the bytes of every checkpoint that `rounds` names. */
  readonly checkpoints: CheckpointStore;
  readonly access: AccessStore;
  /** @throws TributaryError `STORAGE_UNAVAILABLE`. */
  usage(): Promise<StorageUsage>;
  readonly identity: IdentityStore;
  /**
   * The right to work on the stores, where several servers could reach them. Without one, the stores
   * belong to whoever has opened them.
   */
  readonly lease?: Lease;
  /** Closes all stores; idempotent. */
  close(): Promise<void>;
}
