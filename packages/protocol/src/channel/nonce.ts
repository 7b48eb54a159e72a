/**
 * Makes a 12-byte nonce for ChaCha20-Poly1305: a domain of four bytes, then a counter of eight
 * bytes, both little-endian. With the domain 0 it is the nonce of Noise §12.3.
 * @param domain - Tells different uses of one key apart; an integer in [0, 2^32).
 * @param counter - Must never repeat for one key and domain; an integer in [0, 2^53).
 * @returns New bytes.
 */
export function nonceOf(domain: number, counter: number): Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(0, domain, true);
  // Two halves, because bit operators and setUint32 work on 32 bits.
  view.setUint32(4, counter % 2 ** 32, true);
  view.setUint32(8, Math.floor(counter / 2 ** 32), true);
  return nonce;
}
