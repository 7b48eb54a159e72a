/** The list of all blocks as a shelf keeps it, with the number of the commit that wrote it. */
export interface ShelvedCatalogue {
  readonly revision: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** One change of a shelf: all of it is kept, or nothing. */
export interface ShelfCommit {
  /** The revision that the change was made from; undefined for an empty shelf. */
  readonly after: number | undefined;
  readonly catalogue: ShelvedCatalogue;
  /** New blocks by their ids, which have never been used before. */
  readonly put: ReadonlyMap<number, Uint8Array<ArrayBuffer>>;
  /** The ids of blocks that are no longer needed. */
  readonly remove: readonly number[];
}

/**
 * Where the bytes of an example store lie: a catalogue, blocks by their numbers, and the key that
 * seals both. A shelf knows nothing of what the bytes mean. The adapters keep them in IndexedDB, in
 * files and in memory.
 *
 * All methods reject with `STORAGE_DENIED` when the platform does not let the app keep data,
 * `STORAGE_FULL` when there is no room, and `STORAGE_LOCKED` when another tab or process has taken
 * over.
 */
export interface ExampleShelf {
  /** The size that blocks should have at most to be read fast, bytes. */
  readonly blockBytes: number;
  /** The catalogue of the last commit; undefined if the shelf is empty. */
  catalogue(): Promise<ShelvedCatalogue | undefined>;
  /**
   * Reads blocks, in the order of their ids.
   * @returns For each id its block; undefined if there is none.
   */
  blocks(ids: readonly number[]): Promise<readonly (Uint8Array<ArrayBuffer> | undefined)[]>;
  /**
   * Keeps a change.
   * @returns False, with nothing changed, when the shelf has another revision than `after`.
   */
  commit(change: ShelfCommit): Promise<boolean>;
  /**
   * The key of this shelf for AES-GCM, which cannot be exported. It is made and kept when it is
   * asked for on an empty shelf.
   * @returns Undefined when the shelf has blocks and its key is lost.
   */
  key(): Promise<CryptoKey | undefined>;
  /**
   * Removes blocks that no commit knows, of commits that were cut short. Only shelves on which a
   * commit can be cut short have this method.
   * @param known - The ids of the blocks that are needed.
   * @param nowMs - Milliseconds since the Unix epoch.
   */
  prune?(known: ReadonlySet<number>, nowMs: number): Promise<void>;
  /** Removes everything, the key as well. */
  erase(): Promise<void>;
  /** Counts afresh what lies on the shelf: catalogue, blocks and key. */
  records(): Promise<number>;
  /** Frees the shelf for others. Calling it again has no effect. */
  close(): Promise<void>;
}

/** Makes a key for AES-GCM that never leaves the platform's cryptography. */
export function newSealingKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

/** Makes the key of 32 bytes, in the same way. */
export function importSealingKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}
