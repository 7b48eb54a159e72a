import { newSealingKey, type ExampleShelf, type ShelvedCatalogue } from "./example-shelf.ts";

/** A shelf in memory, for tests and for examples that need not outlive the page or the process. */
export function memoryShelf(blockBytes = 61_440): ExampleShelf {
  let kept: ShelvedCatalogue | undefined;
  let key: Promise<CryptoKey> | undefined;
  const blocks = new Map<number, Uint8Array<ArrayBuffer>>();
  return {
    blockBytes,
    catalogue: () => Promise.resolve(kept),
    blocks: (ids) => Promise.resolve(ids.map((id) => blocks.get(id)?.slice())),
    commit({ after, catalogue, put, remove }) {
      if (kept?.revision !== after) return Promise.resolve(false);
      kept = catalogue;
      for (const [id, bytes] of put) blocks.set(id, bytes);
      for (const id of remove) blocks.delete(id);
      return Promise.resolve(true);
    },
    async key() {
      if (kept === undefined) key ??= newSealingKey();
      return key;
    },
    erase() {
      kept = undefined;
      key = undefined;
      blocks.clear();
      return Promise.resolve();
    },
    records: () =>
      Promise.resolve(blocks.size + (kept === undefined ? 0 : 1) + (key === undefined ? 0 : 1)),
    close: () => Promise.resolve(),
  };
}
