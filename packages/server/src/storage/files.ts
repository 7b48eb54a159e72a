import { mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import {
  checkpointId,
  TributaryError,
  type ContentId,
  type CryptoProvider,
} from "@tributary/protocol";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { errnoOf, fileError } from "./file-error.ts";
import { WRONG_BYTES_REMEDY, requireHash } from "./record-checks.ts";
import type { StorageUsage } from "./storage.ts";
import { syncFolder } from "./sync-folder.ts";

/** The name of a file that `put` has not finished. */
const TEMPORARY = /^[0-9a-f]{64}\.\d+\.tmp$/;
/** The name of the file that `probeWrite` writes and deletes. */
const PROBE = "probe.tmp";
const PROBE_BYTES = 65_536;

/**
 * `CheckpointStore` in files: one file for each checkpoint, `<folder>/<id>`. A file appears under
 * its name only when it is complete and on the disk. It is written under a temporary name, synced
 * and renamed, and then the folder is synced. Only one process at a time may use a folder;
 * `openEmbeddedStore` ensures that.
 *
 * @example
 * const store = await FileCheckpointStore.open({ folder: "./store/checkpoints", crypto });
 * await store.put(id, bytes);
 */
export class FileCheckpointStore implements CheckpointStore {
  readonly #folder: string;
  readonly #crypto: CryptoProvider;
  readonly #underWay: Set<Promise<unknown>> = new Set();
  #temporaryCount = 0;
  #byteLength: number;
  #closed = false;

  private constructor(folder: string, crypto: CryptoProvider, byteLength: number) {
    this.#folder = folder;
    this.#crypto = crypto;
    this.#byteLength = byteLength;
  }

  /**
   * Creates the folder if it is missing, and deletes the temporary files that an interrupted `put`
   * left.
   * @throws TributaryError `STORAGE_UNAVAILABLE`.
   */
  static async open(options: {
    readonly folder: string;
    readonly crypto: CryptoProvider;
  }): Promise<FileCheckpointStore> {
    const { folder, crypto } = options;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      let byteLength = 0;
      for (const name of await readdir(folder)) {
        if (TEMPORARY.test(name)) await rm(join(folder, name), { force: true });
        else byteLength += (await stat(join(folder, name))).size;
      }
      return new FileCheckpointStore(folder, crypto, byteLength);
    } catch (error) {
      throw fileError(error, folder);
    }
  }

  put(id: ContentId, bytes: Uint8Array): Promise<void> {
    return this.#track(async () => {
      requireHash(this.#crypto, id, bytes, WRONG_BYTES_REMEDY);
      const path = this.#pathOf(id);
      if (!(await this.#holds(id, path))) {
        const temporary = `${path}.${this.#temporaryCount++}.tmp`;
        try {
          await writeSynced(temporary, bytes);
          await rename(temporary, path);
          this.#byteLength += bytes.length;
        } catch (error) {
          await rm(temporary, { force: true }).catch(() => undefined);
          throw error;
        }
      }
      // This is needed for an existing file too: a crash may have come between its renaming and the
      // sync of the folder.
      await syncFolder(this.#folder);
    });
  }

  get(id: ContentId): Promise<Uint8Array | undefined> {
    return this.#track(() => this.#read(id, this.#pathOf(id)));
  }

  has(id: ContentId): Promise<boolean> {
    return this.#track(() =>
      stat(this.#pathOf(id)).then(
        () => true,
        (error: unknown) => {
          if (errnoOf(error) === "ENOENT") return false;
          throw error;
        },
      ),
    );
  }

  probeWrite(): Promise<void> {
    return this.#track(async () => {
      const path = join(this.#folder, PROBE);
      try {
        await writeSynced(path, new Uint8Array(PROBE_BYTES).fill(1));
      } finally {
        await rm(path, { force: true }).catch(() => undefined);
      }
    });
  }

  /** Bytes of all files, and those that are free on their disk. */
  usage(): Promise<Required<StorageUsage>> {
    return this.#track(async () => {
      const { bavail, bsize } = await statfs(this.#folder);
      return { bytes: this.#byteLength, freeBytes: bavail * bsize };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }

  /** A file that cannot be read counts as missing, so that `put` writes it again. */
  async #holds(id: ContentId, path: string): Promise<boolean> {
    return this.#read(id, path).then(
      (bytes) => bytes !== undefined,
      () => false,
    );
  }

  async #read(id: ContentId, path: string): Promise<Uint8Array | undefined> {
    const bytes = await readWhole(path);
    if (bytes !== undefined) {
      const remedy = `Restore ${path} from a backup, or go on from an earlier checkpoint.`;
      requireHash(this.#crypto, id, bytes, remedy);
    }
    return bytes;
  }

  /**
   * The path of a checkpoint's file. The id may come from untyped code, so this checks that it is
   * 64 hexadecimal digits and nothing else.
   */
  #pathOf(id: ContentId): string {
    return join(this.#folder, checkpointId(id));
  }

  /** Runs an operation, turns its errors into ours, and lets `close` wait for its end. */
  async #track<Result>(operation: () => Promise<Result>): Promise<Result> {
    if (this.#closed) {
      throw new TributaryError("STORAGE_UNAVAILABLE", "The store of checkpoint files is closed", {
        remedy: "Open it again.",
      });
    }
    const running = operation();
    this.#underWay.add(running);
    try {
      return await running;
    } catch (error) {
      throw fileError(error, this.#folder);
    } finally {
      this.#underWay.delete(running);
    }
  }
}

/** Writes a file and waits until its bytes are on the disk. */
async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Reads a file into an array with its own buffer, so that float32 views of it are aligned. */
async function readWhole(path: string): Promise<Uint8Array | undefined> {
  let file;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    let offset = 0;
    while (offset < size) {
      const { bytesRead } = await file.read(bytes, offset, size - offset, offset);
      if (bytesRead === 0) break;
      offset += bytesRead;
    }
    return bytes.subarray(0, offset);
  } finally {
    await file.close();
  }
}
