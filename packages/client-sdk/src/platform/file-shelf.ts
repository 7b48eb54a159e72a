import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  importSealingKey,
  type ExampleShelf,
  type ShelfCommit,
  type ShelvedCatalogue,
} from "../examples/stored/example-shelf.ts";
import type { ShelfRequest } from "./shelf-request.ts";
import { storageFault } from "./storage-fault.ts";

/** Where stores lie unless the app says so. */
const DIRECTORY = ".tributary/examples";

/** Few files are better than many, and each of them is read whole. */
const BLOCK_BYTES = 256 * 2 ** 10;

/** How many files are read or written at once. */
const AT_ONCE = 16;

/** How long a commit may take, of which no other process can see whether it still goes on. */
const COMMIT_MS = 3_600_000;

const KEY = "key";
const blockFile = (id: number): string => `block-${id}`;
const BLOCK_FILE = /^block-(\d+)$/;
const catalogueFile = (sequence: number): string => `catalogue-${sequence}`;
const CATALOGUE_FILE = /^catalogue-(\d+)$/;

/**
 * Opens the shelf of a store in a folder of its own, which several processes may use at once. The key
 * lies beside the blocks in a file that only this user may read.
 * @throws TributaryError `STORAGE_DENIED` when the folder cannot be made or written to.
 */
export async function openShelf({
  name,
  directory = DIRECTORY,
}: ShelfRequest): Promise<ExampleShelf> {
  // Names may have characters that names of files may not.
  const folder = join(directory, encodeURIComponent(name).replaceAll("*", "%2A"));
  const shelf = new FileShelf(folder);
  await shelf.make();
  return shelf;
}

class FileShelf implements ExampleShelf {
  readonly blockBytes = BLOCK_BYTES;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async make(): Promise<void> {
    await this.#try(() => mkdir(this.#folder, { recursive: true, mode: 0o700 }));
  }

  catalogue(): Promise<ShelvedCatalogue | undefined> {
    return this.#try(async () => (await this.#newest())?.catalogue);
  }

  blocks(ids: readonly number[]): Promise<readonly (Uint8Array<ArrayBuffer> | undefined)[]> {
    return this.#try(() => inParallel(ids, (id) => readIfThere(this.#path(blockFile(id)))));
  }

  commit({ after, catalogue, put, remove }: ShelfCommit): Promise<boolean> {
    return this.#try(async () => {
      const newest = await this.#newest();
      if (newest?.catalogue.revision !== after) return false;
      await inParallel([...put], ([id, bytes]) => writeThrough(this.#path(blockFile(id)), bytes));
      if (!(await this.#publish((newest?.sequence ?? 0) + 1, catalogue))) {
        await this.#remove([...put.keys()].map(blockFile));
        return false;
      }
      await this.#remove(remove.map(blockFile));
      return true;
    });
  }

  key(): Promise<CryptoKey | undefined> {
    return this.#try(async () => {
      const path = this.#path(KEY);
      if ((await this.#newest()) === undefined) {
        // A key that is there already is not written over.
        await writeFile(path, randomBytes(32), { flag: "wx", mode: 0o600 }).catch(unless("EEXIST"));
      }
      const bytes = await readIfThere(path);
      return bytes === undefined ? undefined : importSealingKey(bytes);
    });
  }

  async prune(known: ReadonlySet<number>, nowMs: number): Promise<void> {
    await this.#try(async () => {
      for (const file of await readdir(this.#folder)) {
        const id = BLOCK_FILE.exec(file)?.[1];
        if (id === undefined || known.has(Number(id))) continue;
        const found = await stat(this.#path(file)).catch(unless("ENOENT"));
        if (found !== undefined && nowMs - found.mtimeMs > COMMIT_MS) await this.#remove([file]);
      }
    });
  }

  erase(): Promise<void> {
    // The key goes first: without it the rest is noise, should the process end in between.
    return this.#try(async () => {
      await this.#remove([KEY]);
      await this.#remove(await readdir(this.#folder));
    });
  }

  records(): Promise<number> {
    return this.#try(async () => (await readdir(this.#folder)).length);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The catalogue with the highest number in its file's name. */
  async #newest(): Promise<
    { readonly sequence: number; readonly catalogue: ShelvedCatalogue } | undefined
  > {
    for (;;) {
      const sequence = (await this.#sequences()).at(-1);
      if (sequence === undefined) return undefined;
      const bytes = await readIfThere(this.#path(catalogueFile(sequence)));
      // Another process may have replaced it meanwhile.
      if (bytes === undefined) continue;
      const revision = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0);
      return { sequence, catalogue: { revision, bytes: bytes.slice(8) } };
    }
  }

  /** The numbers of all catalogues, ascending. */
  async #sequences(): Promise<number[]> {
    const found = (await readdir(this.#folder)).map((file) => CATALOGUE_FILE.exec(file)?.[1]);
    return found
      .filter((sequence) => sequence !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }

  /**
   * Makes a catalogue the newest one, unless another process has made one with this number or a higher
   * one. A link is made whole or not at all, and never in the place of another file.
   */
  async #publish(sequence: number, { revision, bytes }: ShelvedCatalogue): Promise<boolean> {
    const whole = new Uint8Array(8 + bytes.length);
    new DataView(whole.buffer).setFloat64(0, revision);
    whole.set(bytes, 8);
    const draft = this.#path(`draft-${revision}`);
    await writeThrough(draft, whole);
    try {
      await link(draft, this.#path(catalogueFile(sequence)));
    } catch (error) {
      unless("EEXIST")(error);
      return false;
    } finally {
      await rm(draft, { force: true });
    }
    const others = (await this.#sequences()).filter((other) => other !== sequence);
    const isNewest = others.every((other) => other < sequence);
    await this.#remove((isNewest ? others : [sequence]).map(catalogueFile));
    return isNewest;
  }

  #path(file: string): string {
    return join(this.#folder, file);
  }

  async #remove(files: readonly string[]): Promise<void> {
    await inParallel(files, (file) => rm(this.#path(file), { force: true }));
  }

  async #try<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storageFault(error, `The store of examples in ${this.#folder}`);
    }
  }
}

/** Reads a file; undefined if there is none. */
async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const read = await readFile(path).catch(unless("ENOENT"));
  return read === undefined ? undefined : new Uint8Array(read);
}

/** Writes a file that only this user may read, and waits until it is on the disk. */
async function writeThrough(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Does something with all items, with few of them at a time. */
async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  }
  return results;
}

/** Makes a handler that takes an error for undefined if it has this code, and throws others. */
function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
}
