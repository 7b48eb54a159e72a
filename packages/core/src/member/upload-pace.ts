/**
 * The first part of an upload, in milliseconds, in which nothing need arrive: the grant travels to
 * the client, and TCP gathers speed.
 */
const START_MS = 3_000;

/**
 * Returns how long the upload of so many bytes takes at the lowest rate.
 * @param byteLength - Bytes of the payload, or those of it that have arrived.
 * @param bytesPerSecond - The lowest rate; > 0.
 * @returns Milliseconds from the start of the upload.
 */
export function uploadTimeMs(byteLength: number, bytesPerSecond: number): number {
  return START_MS + Math.ceil((byteLength / bytesPerSecond) * 1_000);
}
