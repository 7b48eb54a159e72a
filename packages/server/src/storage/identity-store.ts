/**
 * Knows which server the stored tasks belong to, by its public key, so that another key does not
 * take its place unnoticed. Every method rejects with `STORAGE_UNAVAILABLE` when the store cannot
 * be reached or is closed.
 */
export interface IdentityStore {
  /** The public key that the store's server had last; undefined when none was ever stored. */
  serverKey(): Promise<string | undefined>;

  /** Stores the public key of the server, in place of an earlier one. */
  setServerKey(key: string): Promise<void>;
}
