import { concatBytes, fromHex } from "../../bytes/encoding.ts";
import type { ClientCrypto } from "../../crypto/crypto-provider.ts";
import {
  expectBytes,
  expectFailure,
  expectThat,
  type ConformanceCase,
} from "../conformance-case.ts";

/** From RFC 8032 §7.1: seed, public key, message, signature. */
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

/** Two encodings of the neutral element, which has order 1. Only the first is canonical. */
const NEUTRAL = "0100000000000000000000000000000000000000000000000000000000000000";
const NEUTRAL_NOT_CANONICAL = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
/**
 * R = B and S = 1. With the neutral element as the public key A, R = S·B − h·A is true for every
 * message.
 */
const UNIVERSAL_SIGNATURE =
  "5866666666666666666666666666666666666666666666666666666666666666" +
  "0100000000000000000000000000000000000000000000000000000000000000";

/** Ed25519: signatures of RFC 8032, and what must not be accepted as one. */
export function ed25519Cases(provider: ClientCrypto): ConformanceCase[] {
  const [seedHex, keyHex, messageHex, signatureHex] = ED25519_VECTORS[1];
  const key = fromHex(keyHex);
  const message = fromHex(messageHex);
  const signature = fromHex(signatureHex);
  return [
    {
      name: "makes and verifies the Ed25519 signatures of RFC 8032",
      async run() {
        for (const [seed, publicKey, text, expected] of ED25519_VECTORS) {
          expectBytes(
            await provider.ed25519PublicKey(fromHex(seed)),
            publicKey,
            "ed25519PublicKey",
          );
          const made = await provider.ed25519Sign(fromHex(seed), fromHex(text));
          expectBytes(made, expected, "ed25519Sign");
          const holds = await provider.ed25519Verify(fromHex(publicKey), fromHex(text), made);
          expectThat(holds, "it verifies what it signed");
        }
      },
    },
    {
      name: "does not verify an altered key, message or signature",
      async run() {
        const other = fromHex(ED25519_VECTORS[0][1]);
        const longer = concatBytes(message, Uint8Array.of(0));
        expectThat(
          !(await provider.ed25519Verify(other, message, signature)),
          "another key does not verify",
        );
        expectThat(
          !(await provider.ed25519Verify(key, longer, signature)),
          "another message does not verify",
        );
        for (let i = 0; i < 64; i++) {
          const altered = Uint8Array.from(signature, (byte, at) => (at === i ? byte ^ 1 : byte));
          expectThat(
            !(await provider.ed25519Verify(key, message, altered)),
            `byte ${i} is checked`,
          );
        }
      },
    },
    {
      // RFC 8032 §5.1.7 requires S to be below the order. Otherwise anybody could make a second
      // valid signature of a message from the first.
      name: "does not verify a signature whose S has the group's order added to it",
      async run() {
        const first = ED25519_VECTORS[0];
        const malleable =
          first[3].slice(0, 64) +
          "4c8c7872aa064e049dbb3013fbf29380d25bf5f0595bbe24655141438e7a101b";
        const verified = await provider.ed25519Verify(
          fromHex(first[1]),
          fromHex(""),
          fromHex(malleable),
        );
        expectThat(!verified, "S is below the group's order");
      },
    },
    {
      // With such a key, one signature is valid for every message.
      name: "does not verify under a key of small order",
      async run() {
        for (const point of [NEUTRAL, NEUTRAL_NOT_CANONICAL]) {
          const forged = fromHex(UNIVERSAL_SIGNATURE);
          const verified = await provider.ed25519Verify(fromHex(point), message, forged);
          expectThat(!verified, `${point} is not a key`);
        }
      },
    },
    {
      // Keys and signatures come from strangers, so callers must not need a try.
      name: "answers false, and does not throw, for malformed keys and signatures",
      async run() {
        for (const length of [0, 31, 33, 63, 65]) {
          const wrong = new Uint8Array(length).fill(0xff);
          expectThat(
            !(await provider.ed25519Verify(wrong, message, signature)),
            "a key has 32 bytes",
          );
          expectThat(
            !(await provider.ed25519Verify(key, message, wrong)),
            "a signature has 64 bytes",
          );
        }
        // y = 2 belongs to no point of the curve.
        const offCurve = new Uint8Array(32);
        offCurve[0] = 2;
        expectThat(
          !(await provider.ed25519Verify(offCurve, message, signature)),
          "a key is on the curve",
        );
      },
    },
    {
      name: "refuses an Ed25519 seed of the wrong length",
      async run() {
        for (const length of [0, 31, 33, 64]) {
          const wrong = new Uint8Array(length);
          await expectFailure(
            "BAD_PARAMETER",
            () => provider.ed25519Sign(wrong, message),
            "a wrong seed",
          );
          await expectFailure(
            "BAD_PARAMETER",
            () => provider.ed25519PublicKey(wrong),
            "a wrong seed",
          );
        }
        expectBytes(
          await provider.ed25519Sign(fromHex(seedHex), message),
          signatureHex,
          "ed25519Sign",
        );
      },
    },
  ];
}
