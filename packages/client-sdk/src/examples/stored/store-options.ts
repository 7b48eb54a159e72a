import type { ExampleWarning } from "../given-examples.ts";
import type { DeclaredForm } from "./example-form.ts";
import type { ShuffleName } from "./stored-reader.ts";

/** How much a store may take, and what happens beyond it. */
export interface StorageQuota {
  /** The most bytes that the blocks of examples may take, as they are stored. */
  readonly bytes: number;
  /**
   * `refuse`: examples that would exceed it are refused with `STORAGE_FULL`. `drop-oldest`: the oldest
   * blocks make room, of some dozens or hundreds of examples each. `refuse` if left out.
   */
  readonly whenFull?: "refuse" | "drop-oldest";
}

/** How long examples are kept. What exceeds it is dropped when a store is opened and at each `add`. */
export interface Retention {
  /** The age beyond which examples are dropped, milliseconds. */
  readonly maxAgeMs?: number;
  /** The number of examples beyond which the oldest are dropped. */
  readonly maxCount?: number;
}

/** The settings of an example store that do not depend on where it lies. */
export interface StoredExamplesOptions extends DeclaredForm {
  /** The name of the store, which tells it from others of the same origin or folder. */
  readonly name: string;
  readonly retention?: Retention;
  readonly quota?: StorageQuota;
  /**
   * Whether what is stored is encrypted with a key of this device; true if left out. A store stays
   * as it was made.
   */
  readonly encryption?: boolean;
  /**
   * The app's own key, 32 bytes, for an app that has a safer place for it. Without it the store makes
   * one and keeps it: in IndexedDB as a `CryptoKey` that cannot be exported, in Node as a file that
   * only this user may read.
   */
  readonly key?: Uint8Array;
  /** How trainings draw the order of an epoch: see `ShuffleName`. `global` if left out. */
  readonly shuffle?: ShuffleName;
  /**
   * The memory in which a reader holds examples that it has read ahead, bytes; 48 MiB if left out.
   * With the shuffle `global` the whole store is read once for each half of it.
   */
  readonly readAheadBytes?: number;
}

/** What `add` says of examples besides themselves. */
export interface AddOptions {
  /**
   * When the examples were made: one time for all or one for each, as a `Date` or in milliseconds
   * since the Unix epoch. Now if left out.
   */
  readonly at?: number | Date | ArrayLike<number>;
}

/** What became of examples that were added. */
export interface AddReport {
  /** How many of them are stored. */
  readonly added: number;
  /** How many examples were dropped by retention or for the quota, new ones among them. */
  readonly dropped: number;
  /** What is probably wrong with them. */
  readonly warnings: readonly ExampleWarning[];
}
