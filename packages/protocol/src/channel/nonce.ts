/**
 * A 12-byte nonce: four bytes that tell uses apart, then a 64-bit counter, little-endian. With a
 * domain of 0 it is the nonce of Noise §12.3.
 * @param counter - Integer in [0, 2^53).
 */
export function nonceOf(domain: number, counter: number): Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(0, domain, true);
  view.setUint32(4, counter % 2 ** 32, true);
  view.setUint32(8, Math.floor(counter / 2 ** 32), true);
  return nonce;
}
