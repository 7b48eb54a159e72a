/**
 * What every `CryptoProvider` must do, with values published in the RFCs.
 *
 * ```ts
 * describe.each(cryptoProviderCases(provider))("my provider", ({ name, run }) => it(name, run));
 * ```
 */
import { concatBytes, fromHex, toHex, utf8 } from "../bytes/encoding.ts";
import type { CryptoProvider } from "../crypto/crypto-provider.ts";
import {
  expectBytes,
  expectFailure,
  expectThat,
  type ConformanceCase,
} from "./conformance-case.ts";

const EMPTY = new Uint8Array(0);

/** The conformance suite of the `CryptoProvider` port. */
export function cryptoProviderCases(provider: CryptoProvider): ConformanceCase[] {
  return [
    ...hashCases(provider),
    ...x25519Cases(provider),
    ...ed25519Cases(provider),
    ...aeadCases(provider),
    ...otherCases(provider),
  ];
}

function hashCases(provider: CryptoProvider): ConformanceCase[] {
  return [
    {
      name: "hashes with SHA-256 as FIPS 180-4 has it",
      run() {
        const cases = [
          [EMPTY, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
          [utf8("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
          [
            new Uint8Array(1_000_000).fill(0x61),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
          ],
        ] as const;
        for (const [data, digest] of cases) expectBytes(provider.sha256(data), digest, "sha256");
      },
    },
    {
      name: "hashes a view of a larger buffer",
      run() {
        const view = utf8("xxabcxx").subarray(2, 5);
        const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        expectBytes(provider.sha256(view), digest, "sha256 of a view");
      },
    },
    {
      name: "computes HMAC-SHA-256 as RFC 4231 has it, with keys of any length",
      run() {
        const long = "Test Using Larger Than Block-Size Key - Hash Key First";
        const cases = [
          [
            new Uint8Array(20).fill(0x0b),
            "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
          ],
          [
            utf8("Jefe"),
            "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
          ],
          [
            new Uint8Array(131).fill(0xaa),
            long,
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
          ],
          [EMPTY, "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"],
        ] as const;
        for (const [key, data, mac] of cases) {
          expectBytes(provider.hmacSha256(key, utf8(data)), mac, "hmacSha256");
        }
      },
    },
  ];
}

/** RFC 7748 §5.2 and §6.1: secret, public key, shared secret. */
const X25519_VECTORS = [
  [
    "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
    "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
    "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
  ],
  [
    "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
    "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
    "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
  ],
  [
    "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
    "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
  ],
] as const;

/** u of the points of small order, the ones that are not canonical included. */
const SMALL_ORDER_U = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
] as const;

function x25519Cases(provider: CryptoProvider): ConformanceCase[] {
  const secret = fromHex(X25519_VECTORS[2][0]);
  return [
    {
      name: "computes X25519 as RFC 7748 has it",
      run() {
        for (const [ours, theirs, shared] of X25519_VECTORS) {
          expectBytes(provider.x25519(fromHex(ours), fromHex(theirs)), shared, "x25519");
        }
        const publicKey = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
        expectBytes(provider.x25519PublicKey(secret), publicKey, "x25519PublicKey");
      },
    },
    {
      name: "refuses X25519 points of small order",
      run() {
        for (const u of SMALL_ORDER_U) {
          expectFailure("HANDSHAKE_FAILED", () => provider.x25519(secret, fromHex(u)), `u = ${u}`);
        }
      },
    },
    {
      name: "refuses X25519 keys of another length",
      run() {
        for (const length of [0, 31, 33]) {
          const wrong = new Uint8Array(length).fill(9);
          expectFailure("BAD_PARAMETER", () => provider.x25519(wrong, secret), "a wrong secret");
          expectFailure("BAD_PARAMETER", () => provider.x25519(secret, wrong), "a wrong key");
          expectFailure("BAD_PARAMETER", () => provider.x25519PublicKey(wrong), "a wrong secret");
        }
      },
    },
  ];
}

/** RFC 8032 §7.1: seed, public key, message, signature. */
const ED25519_VECTORS = [
  [
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
] as const;

/** Encodings of the neutral element. */
const NEUTRAL = "0100000000000000000000000000000000000000000000000000000000000000";
const NEUTRAL_NOT_CANONICAL = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
/** R = B and S = 1: with the neutral element as the key, R = S·B − h·A holds for every message. */
const UNIVERSAL_SIGNATURE =
  "5866666666666666666666666666666666666666666666666666666666666666" +
  "0100000000000000000000000000000000000000000000000000000000000000";

function ed25519Cases(provider: CryptoProvider): ConformanceCase[] {
  const [seedHex, keyHex, messageHex, signatureHex] = ED25519_VECTORS[1];
  const key = fromHex(keyHex);
  const message = fromHex(messageHex);
  const signature = fromHex(signatureHex);
  return [
    {
      name: "signs and verifies with Ed25519 as RFC 8032 has it",
      run() {
        for (const [seed, publicKey, text, expected] of ED25519_VECTORS) {
          expectBytes(provider.ed25519PublicKey(fromHex(seed)), publicKey, "ed25519PublicKey");
          const made = provider.ed25519Sign(fromHex(seed), fromHex(text));
          expectBytes(made, expected, "ed25519Sign");
          const holds = provider.ed25519Verify(fromHex(publicKey), fromHex(text), made);
          expectThat(holds, "it verifies what it signed");
        }
      },
    },
    {
      name: "does not verify what was altered",
      run() {
        const other = fromHex(ED25519_VECTORS[0][1]);
        const longer = concatBytes(message, Uint8Array.of(0));
        expectThat(
          !provider.ed25519Verify(other, message, signature),
          "another key does not verify",
        );
        expectThat(
          !provider.ed25519Verify(key, longer, signature),
          "another message does not verify",
        );
        for (let i = 0; i < 64; i++) {
          const altered = Uint8Array.from(signature, (byte, at) => (at === i ? byte ^ 1 : byte));
          expectThat(!provider.ed25519Verify(key, message, altered), `byte ${i} counts`);
        }
      },
    },
    {
      name: "does not verify a signature with the group's order added to S",
      run() {
        const first = ED25519_VECTORS[0];
        const malleable =
          first[3].slice(0, 64) +
          "4c8c7872aa064e049dbb3013fbf29380d25bf5f0595bbe24655141438e7a101b";
        const verified = provider.ed25519Verify(fromHex(first[1]), fromHex(""), fromHex(malleable));
        expectThat(!verified, "S must be below the group's order");
      },
    },
    {
      name: "does not verify under a key of small order",
      run() {
        for (const point of [NEUTRAL, NEUTRAL_NOT_CANONICAL]) {
          const forged = fromHex(UNIVERSAL_SIGNATURE);
          const verified = provider.ed25519Verify(fromHex(point), message, forged);
          expectThat(!verified, `${point} is no key`);
        }
      },
    },
    {
      name: "answers false, and does not throw, for keys and signatures that are malformed",
      run() {
        for (const length of [0, 31, 33, 63, 65]) {
          const wrong = new Uint8Array(length).fill(0xff);
          expectThat(!provider.ed25519Verify(wrong, message, signature), "a key has 32 bytes");
          expectThat(!provider.ed25519Verify(key, message, wrong), "a signature has 64 bytes");
        }
        // y = 2 belongs to no point of the curve.
        const offCurve = new Uint8Array(32);
        offCurve[0] = 2;
        expectThat(!provider.ed25519Verify(offCurve, message, signature), "a key is on the curve");
      },
    },
    {
      name: "refuses an Ed25519 seed of another length",
      run() {
        for (const length of [0, 31, 33, 64]) {
          const wrong = new Uint8Array(length);
          expectFailure(
            "BAD_PARAMETER",
            () => provider.ed25519Sign(wrong, message),
            "a wrong seed",
          );
          expectFailure("BAD_PARAMETER", () => provider.ed25519PublicKey(wrong), "a wrong seed");
        }
        expectBytes(provider.ed25519Sign(fromHex(seedHex), message), signatureHex, "ed25519Sign");
      },
    },
  ];
}

/** RFC 8439 §2.8.2. */
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

function aeadCases(provider: CryptoProvider): ConformanceCase[] {
  const key = fromHex(AEAD.key);
  const nonce = fromHex(AEAD.nonce);
  const ad = fromHex(AEAD.ad);
  const plaintext = utf8(AEAD.plaintext);
  const sealed = fromHex(AEAD.sealed);
  return [
    {
      name: "seals and opens with ChaCha20-Poly1305 as RFC 8439 has it",
      run() {
        expectBytes(provider.seal(key, nonce, ad, plaintext), AEAD.sealed, "seal");
        expectBytes(provider.open(key, nonce, ad, sealed), toHex(plaintext), "open");
        expectThat(toHex(plaintext) === toHex(utf8(AEAD.plaintext)), "arguments are not modified");
        expectThat(toHex(sealed) === AEAD.sealed, "arguments are not modified");
      },
    },
    {
      name: "seals and opens nothing at all",
      run() {
        const tag = provider.seal(key, nonce, EMPTY, EMPTY);
        expectThat(tag.length === 16, "an empty plaintext gives a tag alone");
        expectBytes(provider.open(key, nonce, EMPTY, tag), "", "open of a tag alone");
        expectThat(provider.open(key, nonce, ad, tag) === undefined, "the associated data counts");
      },
    },
    {
      name: "leaves zeroed headroom in front of the ciphertext",
      run() {
        const framed = provider.seal(key, nonce, ad, plaintext, 6);
        expectBytes(framed, "000000000000" + AEAD.sealed, "seal with headroom");
      },
    },
    {
      name: "does not open what was altered, cut short or sealed under other parameters",
      run() {
        const refuses = (what: string, ...args: Parameters<CryptoProvider["open"]>): void =>
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
      name: "refuses a key or a nonce of another length",
      run() {
        for (const wrong of [0, 8, 11, 13, 16, 24, 31, 33].map(
          (length) => new Uint8Array(length),
        )) {
          const { length } = wrong;
          const bad = (step: () => void): void =>
            expectFailure("BAD_PARAMETER", step, `a key or nonce of ${length} bytes`);
          bad(() => provider.seal(wrong, nonce, ad, plaintext));
          bad(() => provider.seal(key, wrong, ad, plaintext));
          bad(() => provider.open(wrong, nonce, ad, sealed));
          bad(() => provider.open(key, wrong, ad, sealed));
        }
      },
    },
  ];
}

/** The same bytes with one bit changed. */
function withOneBitChanged(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes, (byte, i) => (i === 0 ? byte ^ 1 : byte));
}

function otherCases(provider: CryptoProvider): ConformanceCase[] {
  return [
    {
      name: "draws random bytes of the length asked for, different each time",
      run() {
        for (const length of [0, 1, 32, 70_000]) {
          expectThat(provider.randomBytes(length).length === length, `it draws ${length} bytes`);
        }
        const draws = new Set(Array.from({ length: 64 }, () => toHex(provider.randomBytes(16))));
        expectThat(draws.size === 64, "no two draws of 16 bytes are equal");
      },
    },
    {
      name: "compares bytes, and lengths first",
      run() {
        const a = Uint8Array.of(1, 2, 3);
        expectThat(provider.equal(a, Uint8Array.of(1, 2, 3)), "equal bytes are equal");
        expectThat(!provider.equal(a, Uint8Array.of(1, 2, 4)), "other bytes are not");
        expectThat(!provider.equal(a, Uint8Array.of(1, 2)), "nor is a prefix");
        expectThat(provider.equal(EMPTY, EMPTY), "nothing equals nothing");
      },
    },
    {
      name: "has a name",
      run: () => expectThat(provider.name !== "", "its name is for logs"),
    },
  ];
}
