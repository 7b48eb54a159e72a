import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createLibsodiumProvider } from "../src/crypto/libsodium.ts";
import { createNobleProvider } from "../src/crypto/noble.ts";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { createWebCryptoProvider } from "../src/crypto/web-crypto.ts";
import { concatBytes, fromHex, toHex } from "../src/bytes/encoding.ts";
import { isTributaryError } from "../src/errors.ts";
import { cryptoProviderCases } from "../src/testing/index.ts";
import { readBoringSsl, readWycheproof, VECTORS } from "./published-vectors.ts";
import { sameValues } from "./same-values.ts";

const sodium = await createLibsodiumProvider();
const node = createNodeCryptoProvider();
const noble = createNobleProvider();
const synchronous = [sodium, noble, node];
const providers = [...synchronous, await createWebCryptoProvider()];

describe.each(providers)("the $name adapter", (provider) => {
  for (const { name, run } of cryptoProviderCases(provider)) it(name, run);
});

describe.each([sodium, noble])("$name and node:crypto", (other) => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const data = fc.uint8Array({ maxLength: 300 });
  const lengths = fc.constantFrom(
    0,
    1,
    15,
    16,
    63,
    64,
    65,
    4096,
    65_519,
    262_144,
    262_145,
    600_000,
  );
  /** Long messages are cut out of one array, since making hundreds of them takes seconds. */
  const pool = Uint8Array.from({ length: 600_256 }, (_, i) => (i * 31 + (i >> 8)) & 255);
  const long = fc
    .tuple(lengths, fc.nat(255))
    .map(([length, start]) => pool.slice(start, start + length));

  it("give the same SHA-256", () => {
    fc.assert(
      fc.property(fc.oneof(data, long), (message) => {
        expect(same(other.sha256(message), node.sha256(message))).toBe(true);
      }),
    );
  });

  it("give the same HMAC-SHA-256 for keys of any length", () => {
    fc.assert(
      fc.property(fc.oneof(data, bytes(32)), data, (key, message) => {
        expect(other.hmacSha256(key, message)).toEqual(node.hmacSha256(key, message));
      }),
    );
  });

  it("give the same X25519 results and refuse the same points", async () => {
    await fc.assert(
      fc.asyncProperty(bytes(32), bytes(32), async (secret, point) => {
        expect(other.x25519PublicKey(secret)).toEqual(node.x25519PublicKey(secret));
        expect(await outcome(() => other.x25519(secret, point))).toEqual(
          await outcome(() => node.x25519(secret, point)),
        );
      }),
    );
  });

  it("give the same Ed25519 keys and signatures, and each verifies the other's", () => {
    fc.assert(
      fc.property(bytes(32), data, (seed, message) => {
        const key = other.ed25519PublicKey(seed);
        const signature = other.ed25519Sign(seed, message);
        expect(node.ed25519PublicKey(seed)).toEqual(key);
        expect(node.ed25519Sign(seed, message)).toEqual(signature);
        for (const provider of [other, node]) {
          expect(provider.ed25519Verify(key, message, signature)).toBe(true);
        }
      }),
    );
  });

  it("agree on which altered or random keys and signatures are valid", () => {
    fc.assert(
      fc.property(
        bytes(32),
        data,
        fc.nat(95),
        fc.integer({ min: 0, max: 255 }),
        bytes(96),
        fc.boolean(),
        (seed, message, at, xor, noise, random) => {
          const honest = new Uint8Array([
            ...node.ed25519PublicKey(seed),
            ...node.ed25519Sign(seed, message),
          ]);
          const altered = random ? noise : honest;
          if (!random) altered[at] = (altered[at] ?? 0) ^ xor;
          const [byOther, byNode] = [other, node].map((provider) =>
            provider.ed25519Verify(altered.subarray(0, 32), message, altered.subarray(32)),
          );
          expect(byOther).toBe(byNode);
          expect(byNode).toBe(!random && xor === 0);
        },
      ),
    );
  });

  it("give the same sealed bytes, and each opens the other's", () => {
    fc.assert(
      fc.property(
        bytes(32),
        bytes(12),
        data,
        fc.oneof(data, long),
        fc.nat(8),
        (key, nonce, ad, plaintext, headroom) => {
          const sealed = other.seal(key, nonce, ad, plaintext, headroom);
          expect(same(node.seal(key, nonce, ad, plaintext, headroom), sealed)).toBe(true);
          const body = sealed.subarray(headroom);
          expect(same(node.open(key, nonce, ad, body), plaintext)).toBe(true);
          expect(same(other.open(key, nonce, ad, body), plaintext)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("do not open random bytes", () => {
    fc.assert(
      fc.property(bytes(32), bytes(12), data, data, (key, nonce, ad, garbage) => {
        for (const provider of [other, node]) {
          expect(provider.open(key, nonce, ad, garbage)).toBeUndefined();
        }
      }),
    );
  });
});

describe.skipIf(VECTORS === undefined).each(providers)(
  "the $name adapter on published vectors",
  (provider) => {
    it("computes the shared secrets of Wycheproof's 518 X25519 cases", async () => {
      type Case = { public: string; private: string; shared: string };
      const cases = readWycheproof<Case>("x25519");
      expect(cases).toHaveLength(518);
      for (const test of cases) {
        const smallOrder = /^0+$/.test(test.shared);
        const expected = smallOrder ? "HANDSHAKE_FAILED" : test.shared;
        const actual = await outcome(() =>
          provider.x25519(fromHex(test.private), fromHex(test.public)),
        );
        expect(actual, `case ${test.tcId}`).toBe(expected);
      }
    });

    it("accepts and refuses signatures as Wycheproof's 151 Ed25519 cases expect", async () => {
      type Case = { publicKey: { pk: string }; msg: string; sig: string };
      const cases = readWycheproof<Case>("ed25519");
      expect(cases).toHaveLength(151);
      for (const test of cases) {
        const verified = await provider.ed25519Verify(
          fromHex(test.publicKey.pk),
          fromHex(test.msg),
          fromHex(test.sig),
        );
        expect(verified, `case ${test.tcId}`).toBe(test.result === "valid");
      }
    });

    it("seals and opens Wycheproof's 325 ChaCha20-Poly1305 cases", async () => {
      type Case = { key: string; iv: string; aad: string; msg: string; ct: string; tag: string };
      const cases = readWycheproof<Case>("chacha20_poly1305");
      expect(cases).toHaveLength(325);
      for (const test of cases) {
        const [key, iv, aad] = [fromHex(test.key), fromHex(test.iv), fromHex(test.aad)] as const;
        const open = await outcome(() => provider.open(key, iv, aad, fromHex(test.ct + test.tag)));
        const seal = await outcome(() => provider.seal(key, iv, aad, fromHex(test.msg)));
        if (test.result === "valid") {
          expect(open, `case ${test.tcId}`).toBe(test.msg);
          expect(seal, `case ${test.tcId}`).toBe(test.ct + test.tag);
        } else {
          expect(open, `case ${test.tcId}`).toBe(iv.length === 12 ? undefined : "BAD_PARAMETER");
        }
      }
    });

    it("seals and opens BoringSSL's 81 ChaCha20-Poly1305 cases, and refuses shortened tags", async () => {
      const cases = readBoringSsl("chacha20_poly1305");
      expect(cases).toHaveLength(81);
      for (const test of cases) {
        const [key, nonce, ad, plaintext, ciphertext, tag] = (
          ["KEY", "NONCE", "AD", "IN", "CT", "TAG"] as const
        ).map((name) => fromHex(test.get(name) ?? ""));
        if (!key || !nonce || !ad || !plaintext || !ciphertext || !tag) throw new Error("no field");
        const sealed = concatBytes(ciphertext, tag);
        const whole = provider.seal(key, nonce, ad, plaintext);
        expect(toHex(whole.subarray(0, sealed.length))).toBe(toHex(sealed));
        const opened = tag.length === 16 ? toHex(plaintext) : undefined;
        expect(await outcome(() => provider.open(key, nonce, ad, sealed))).toBe(opened);
      }
    });

    it("signs and verifies BoringSSL's Ed25519 cases, which come from RFC 8032", async () => {
      const blocks = readBoringSsl("ed25519");
      const keys = new Map(blocks.map((block) => [block.get("Key"), block]));
      let signed = 0;
      let verified = 0;
      for (const test of blocks) {
        const name = test.get("SignMessage") ?? test.get("VerifyMessage");
        const key = name === undefined ? undefined : keys.get(name.replace(/\/.*/, ""));
        const output = test.get("Output");
        if (key === undefined || output === undefined) continue;
        const message = fromHex(test.get("Input") ?? "");
        if (test.has("SignMessage")) {
          const seed = fromHex(key.get("RawPrivate") ?? "");
          expect(toHex(await provider.ed25519PublicKey(seed))).toBe(key.get("RawPublic"));
          expect(toHex(await provider.ed25519Sign(seed, message))).toBe(output);
          signed += 1;
        } else {
          const publicKey = fromHex(key.get("RawPublic") ?? "");
          const holds = await provider.ed25519Verify(publicKey, message, fromHex(output));
          expect(holds).toBe(!test.has("Error"));
          verified += 1;
        }
      }
      expect([signed, verified]).toEqual([5, 7]);
    });

    it("computes the shared secrets of BoringSSL's X25519 cases", async () => {
      const blocks = readBoringSsl("x25519");
      const keys = new Map(blocks.map((block) => [block.get("Key"), block]));
      const ours = fromHex(keys.get("X25519-Ours")?.get("RawPrivate") ?? "");
      expect(toHex(await provider.x25519PublicKey(ours))).toBe(
        keys.get("X25519-Ours")?.get("RawPublic"),
      );
      const derive = (name: string) => {
        const peer = fromHex(keys.get(name)?.get("RawPublic") ?? "");
        return outcome(() => provider.x25519(ours, peer));
      };
      const output = blocks.find((block) => block.has("Output"))?.get("Output");
      expect(await derive("X25519-Peer")).toBe(output);
      expect(await derive("X25519-SmallOrderPeer")).toBe("HANDSHAKE_FAILED");
    });
  },
);

/** Whether an adapter has given these bytes, and not `undefined`. */
function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && sameValues(a, b);
}

/** The result in hexadecimal, or the code of the error that was thrown. */
async function outcome(
  step: () => Uint8Array | undefined | Promise<Uint8Array>,
): Promise<string | undefined> {
  try {
    const bytes = await step();
    return bytes === undefined ? undefined : toHex(bytes);
  } catch (error) {
    if (isTributaryError(error)) return error.code;
    throw error;
  }
}
