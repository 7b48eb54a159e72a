import { TributaryError } from "@tributary/protocol";
import {
  newSealingKey,
  type ExampleShelf,
  type ShelfCommit,
  type ShelvedCatalogue,
} from "../examples/stored/example-shelf.ts";
import type { ShelfRequest } from "./shelf-request.ts";
import { storageFault } from "./storage-fault.ts";

/** The version of the layout of the database: its object stores. */
const LAYOUT = 1;

/** Values of more than 64 KiB are files of their own in Chromium, which takes longer. */
const BLOCK_BYTES = 60 * 2 ** 10;

/** The object store of blocks by their ids, and that of the catalogue and the key by their names. */
const BLOCKS = "blocks";
const HEAD = "head";

interface ObjectStores {
  readonly blocks: IDBObjectStore;
  readonly head: IDBObjectStore;
}

interface ShelvedBlock {
  readonly id: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Opens the shelf of a store in IndexedDB, in a page or a worker. Each store has a database of its
 * own. The key is a `CryptoKey` that cannot be exported.
 * @throws TributaryError `STORAGE_DENIED` where there is no IndexedDB or it may not be used;
 *   `STORAGE_LOCKED` while another tab holds an older layout; `STORAGE_NEWER` when a newer version of
 *   the app has changed the layout.
 */
export async function openShelf({ name }: ShelfRequest): Promise<ExampleShelf> {
  return new IndexedDbShelf(name, await openDatabase(`tributary examples: ${name}`, name));
}

class IndexedDbShelf implements ExampleShelf {
  readonly blockBytes = BLOCK_BYTES;
  readonly #name: string;
  readonly #database: IDBDatabase;
  /** Why the database was closed by others. */
  #lost: TributaryError | undefined;

  constructor(name: string, database: IDBDatabase) {
    this.#name = name;
    this.#database = database;
    database.addEventListener("versionchange", () => {
      this.#lost = taken(name);
      database.close();
    });
    database.addEventListener("close", () => {
      this.#lost ??= storageFault(new Error("the browser has removed it"), described(name));
    });
  }

  catalogue(): Promise<ShelvedCatalogue | undefined> {
    return this.#run("readonly", ({ head }) => {
      const stored = head.get("catalogue") as IDBRequest<ShelvedCatalogue | undefined>;
      return () => stored.result;
    });
  }

  blocks(ids: readonly number[]): Promise<readonly (Uint8Array<ArrayBuffer> | undefined)[]> {
    return this.#run("readonly", ({ blocks }) => {
      // Blocks with successive ids are asked for at once.
      const stored = rangesOf(ids).map(([first, last]) => {
        const range = IDBKeyRange.bound(first, last);
        return blocks.getAll(range) as IDBRequest<ShelvedBlock[]>;
      });
      return () => {
        const found = stored.flatMap(({ result }) => result);
        const bytesOf = new Map(found.map(({ id, bytes }) => [id, bytes]));
        return ids.map((id) => bytesOf.get(id));
      };
    });
  }

  commit({ after, catalogue, put, remove }: ShelfCommit): Promise<boolean> {
    return this.#run("readwrite", ({ blocks, head }) => {
      const stored = head.get("catalogue") as IDBRequest<ShelvedCatalogue | undefined>;
      stored.onsuccess = () => {
        if (stored.result?.revision !== after) return;
        for (const [id, bytes] of put) blocks.put({ id, bytes } satisfies ShelvedBlock);
        for (const id of remove) blocks.delete(id);
        head.put(catalogue, "catalogue");
      };
      return () => stored.result?.revision === after;
    });
  }

  async key(): Promise<CryptoKey | undefined> {
    // Transactions do not wait for other work, so the key is made before it is known to be needed.
    const fresh = await newSealingKey();
    return this.#run("readwrite", ({ head }) => {
      const kept = head.get("key") as IDBRequest<CryptoKey | undefined>;
      const catalogue = head.getKey("catalogue");
      const isNeeded = (): boolean => kept.result === undefined && catalogue.result === undefined;
      catalogue.onsuccess = () => {
        if (isNeeded()) head.put(fresh, "key");
      };
      return () => (isNeeded() ? fresh : kept.result);
    });
  }

  async erase(): Promise<void> {
    await this.#run("readwrite", ({ blocks, head }) => {
      blocks.clear();
      head.clear();
      return () => undefined;
    });
  }

  records(): Promise<number> {
    return this.#run("readonly", (stores) => {
      const [blocks, head] = [stores.blocks.count(), stores.head.count()];
      return () => blocks.result + head.result;
    });
  }

  close(): Promise<void> {
    this.#database.close();
    return Promise.resolve();
  }

  /**
   * Runs a transaction.
   * @param request - Makes the requests, and returns a function that answers once all are done.
   * @returns The answer, when the transaction is complete: what was written is on the disk then.
   */
  #run<T>(mode: IDBTransactionMode, request: (stores: ObjectStores) => () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void =>
        reject(this.#lost ?? storageFault(error, described(this.#name)));
      try {
        const durability = { durability: "strict" } as const;
        const transaction = this.#database.transaction([BLOCKS, HEAD], mode, durability);
        const answer = request({
          blocks: transaction.objectStore(BLOCKS),
          head: transaction.objectStore(HEAD),
        });
        transaction.oncomplete = () => resolve(answer());
        transaction.onabort = () => fail(transaction.error);
      } catch (error) {
        fail(error);
      }
    });
  }
}

/** Opens a database, and makes its object stores when it is new. */
function openDatabase(database: string, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => reject(openingFault(error, name));
    if (globalThis.indexedDB === undefined) {
      fail(new DOMException("There is no IndexedDB here", "SecurityError"));
      return;
    }
    try {
      const request = indexedDB.open(database, LAYOUT);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(BLOCKS, { keyPath: "id" });
        request.result.createObjectStore(HEAD);
      };
      let isBlocked = false;
      request.onblocked = () => {
        isBlocked = true;
        reject(blocked(name));
      };
      request.onerror = () => fail(request.error);
      // A request that was blocked goes on when the other tab is closed.
      request.onsuccess = () => (isBlocked ? request.result.close() : resolve(request.result));
    } catch (error) {
      fail(error);
    }
  });
}

function openingFault(error: unknown, name: string): TributaryError {
  if (!(error instanceof DOMException) || error.name !== "VersionError") {
    return storageFault(error, described(name));
  }
  return new TributaryError(
    "STORAGE_NEWER",
    `${described(name)} is kept in the form of a newer version of the app`,
    { remedy: "Reload the page, so that it is the newer version.", cause: error },
  );
}

const blocked = (name: string): TributaryError =>
  new TributaryError(
    "STORAGE_LOCKED",
    `${described(name)} is open in another tab, in an older form`,
    {
      remedy: "Close the other tabs of this app, and open the store again.",
    },
  );

const taken = (name: string): TributaryError =>
  new TributaryError(
    "STORAGE_LOCKED",
    `${described(name)} was taken over by a newer version of the app in another tab`,
    { remedy: "Reload this page." },
  );

const described = (name: string): string => `The store of examples ${name}`;

/** The ranges of successive ids. */
function rangesOf(ids: readonly number[]): readonly (readonly [first: number, last: number])[] {
  const ranges: [number, number][] = [];
  for (const id of ids.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && id <= range[1] + 1) range[1] = id;
    else ranges.push([id, id]);
  }
  return ranges;
}
