/**
 * Where a device's secret is kept. The SDK keeps nothing itself: in a browser, IndexedDB or the like is the app's to choose, and
 * so is what happens to the key when its user signs out.
 */
export interface KeyStore {
  /** The seed that was saved, 32 bytes; undefined when there is none yet. */
  load(): Promise<Uint8Array | undefined>;
  /** Keeps a new seed. It has to be there again the next time: a device that loses its key is another device. */
  save(seed: Uint8Array): Promise<void>;
}

/** A `KeyStore` that lasts as long as the process. */
export function memoryKeyStore(): KeyStore {
  let kept: Uint8Array | undefined;
  return {
    load: () => Promise.resolve(kept?.slice()),
    save(seed) {
      kept = seed.slice();
      return Promise.resolve();
    },
  };
}
