/**
 * What has happened to the device's network: it has none any more, it has one again, or another one
 * has taken its place.
 */
export type NetworkChange = "offline" | "online" | "replaced";

/**
 * What the device tells about its network. It may be wrong: a device that is online may still reach
 * nobody.
 */
export interface NetworkSource {
  /** False when the device has no network; true also when that is not known. */
  readonly isOnline: boolean;
  /**
   * Calls `listener` with every change from now on.
   * @returns A function that ends this.
   */
  watch(listener: (change: NetworkChange) => void): () => void;
}
