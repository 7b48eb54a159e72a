import { fromHex, toHex, utf8 } from "../../bytes/encoding.ts";
import type { SymmetricCrypto } from "../../crypto/crypto-provider.ts";
import {
  expectBytes,
  expectFailure,
  expectThat,
  type ConformanceCase,
} from "../conformance-case.ts";

const EMPTY = new Uint8Array(0);

/** From RFC 8439 §2.8.2. `sealed` is the ciphertext and then the tag. */
const AEAD = {
  key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
  nonce: "070000004041424344454647",
  ad: "50515253c0c1c2c3c4c5c6c7",
  plaintext:
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  sealed:
    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116" +
    "1ae10b594f09e26a7e902ecbd0600691",
} as const;

/** ChaCha20-Poly1305, with the values of RFC 8439. */
export function aeadCases(provider: SymmetricCrypto): ConformanceCase[] {
  const key = fromHex(AEAD.key);
  const nonce = fromHex(AEAD.nonce);
  const ad = fromHex(AEAD.ad);
  const plaintext = utf8(AEAD.plaintext);
  const sealed = fromHex(AEAD.sealed);
  return [
    {
      name: "seals and opens the ChaCha20-Poly1305 example of RFC 8439",
      run() {
        expectBytes(provider.seal(key, nonce, ad, plaintext), AEAD.sealed, "seal");
        expectBytes(provider.open(key, nonce, ad, sealed), toHex(plaintext), "open");
        expectThat(toHex(plaintext) === toHex(utf8(AEAD.plaintext)), "arguments are not modified");
        expectThat(toHex(sealed) === AEAD.sealed, "arguments are not modified");
      },
    },
    {
      // A record may be empty, and associated data must be checked even then.
      name: "seals and opens an empty plaintext",
      run() {
        const tag = provider.seal(key, nonce, EMPTY, EMPTY);
        expectThat(tag.length === 16, "an empty plaintext gives the tag alone");
        expectBytes(provider.open(key, nonce, EMPTY, tag), "", "open of a tag alone");
        expectThat(
          provider.open(key, nonce, ad, tag) === undefined,
          "the associated data is checked",
        );
      },
    },
    {
      // Frames are written into the headroom, so that no record is copied.
      name: "leaves zero bytes as headroom in front of the ciphertext",
      run() {
        const framed = provider.seal(key, nonce, ad, plaintext, 6);
        expectBytes(framed, "000000000000" + AEAD.sealed, "seal with headroom");
      },
    },
    {
      name: "does not open what was altered, shortened or sealed with another key, nonce or associated data",
      run() {
        const refuses = (what: string, ...args: Parameters<SymmetricCrypto["open"]>): void =>
          expectThat(provider.open(...args) === undefined, `open refuses ${what}`);
        for (let i = 0; i < sealed.length; i++) {
          const altered = Uint8Array.from(sealed, (byte, at) => (at === i ? byte ^ 0x80 : byte));
          refuses(`an altered byte ${i}`, key, nonce, ad, altered);
        }
        for (const length of [0, 1, 15, 16, sealed.length - 1]) {
          refuses(`only ${length} bytes`, key, nonce, ad, sealed.subarray(0, length));
        }
        refuses("another key", withOneBitChanged(key), nonce, ad, sealed);
        refuses("another nonce", key, withOneBitChanged(nonce), ad, sealed);
        refuses("other associated data", key, nonce, withOneBitChanged(ad), sealed);
      },
    },
    {
      // OpenSSL accepts a shorter nonce without an error.
      name: "refuses a key or a nonce of the wrong length",
      async run() {
        for (const wrong of [0, 8, 11, 13, 16, 24, 31, 33].map(
          (length) => new Uint8Array(length),
        )) {
          const { length } = wrong;
          const bad = (step: () => Uint8Array | undefined): Promise<void> =>
            expectFailure("BAD_PARAMETER", step, `a key or nonce of ${length} bytes`);
          await bad(() => provider.seal(wrong, nonce, ad, plaintext));
          await bad(() => provider.seal(key, wrong, ad, plaintext));
          await bad(() => provider.open(wrong, nonce, ad, sealed));
          await bad(() => provider.open(key, wrong, ad, sealed));
        }
      },
    },
  ];
}

/** A copy with one bit changed. */
function withOneBitChanged(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte, i) => (i === 0 ? byte ^ 1 : byte));
}
