/**
 * Keeps the secret key of a device. The SDK itself stores nothing: the app decides where the key
 * lives (IndexedDB in a browser, for example), and what happens to it when the user signs out.
 */
export interface KeyStore {
  /** Returns the seed that was saved, 32 bytes, or undefined when none was saved yet. */
  load(): Promise<Uint8Array | undefined>;
  /**
   * Saves a new seed, 32 bytes. `load` must return it from then on: to the server, a device that
   * has lost its key is a new device.
   */
  save(seed: Uint8Array): Promise<void>;
}

/** Makes a `KeyStore` in memory. Its key is lost when the process ends. */
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
