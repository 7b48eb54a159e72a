import type { AccessStore } from "./access-store.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import type { RoundStore } from "./round-store.ts";

/** The three stores of a server: everything that must outlive its process. */
export interface Storage {
  readonly rounds: RoundStore;
  /** Holds the bytes of every checkpoint that `rounds` names. */
  readonly checkpoints: CheckpointStore;
  readonly access: AccessStore;
  /** Closes all three; idempotent. */
  close(): Promise<void>;
}
