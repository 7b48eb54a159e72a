import { fromHex } from "../../bytes/encoding.ts";
import type { ClientCrypto } from "../../crypto/crypto-provider.ts";
import { expectBytes, expectFailure, type ConformanceCase } from "../conformance-case.ts";

/** From RFC 7748 §5.2 and §6.1: secret, public key, shared secret. */
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

/**
 * The u coordinates of all points of small order, those in encodings that are not canonical
 * included. With such a public key, everybody can compute the shared secret.
 */
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

/** X25519, with the values of RFC 7748. */
export function x25519Cases(provider: ClientCrypto): ConformanceCase[] {
  const secret = fromHex(X25519_VECTORS[2][0]);
  return [
    {
      name: "computes the X25519 values of RFC 7748",
      async run() {
        for (const [ours, theirs, shared] of X25519_VECTORS) {
          expectBytes(await provider.x25519(fromHex(ours), fromHex(theirs)), shared, "x25519");
        }
        const publicKey = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
        expectBytes(await provider.x25519PublicKey(secret), publicKey, "x25519PublicKey");
      },
    },
    {
      // RFC 7748 §6.1 leaves this check to the caller, and libraries differ.
      name: "refuses X25519 points of small order",
      async run() {
        for (const u of SMALL_ORDER_U) {
          await expectFailure(
            "HANDSHAKE_FAILED",
            () => provider.x25519(secret, fromHex(u)),
            `u = ${u}`,
          );
        }
      },
    },
    {
      // Libraries throw different errors for these, and callers expect one.
      name: "refuses X25519 keys of the wrong length",
      async run() {
        for (const length of [0, 31, 33]) {
          const wrong = new Uint8Array(length).fill(9);
          await expectFailure(
            "BAD_PARAMETER",
            () => provider.x25519(wrong, secret),
            "a wrong secret",
          );
          await expectFailure("BAD_PARAMETER", () => provider.x25519(secret, wrong), "a wrong key");
          await expectFailure(
            "BAD_PARAMETER",
            () => provider.x25519PublicKey(wrong),
            "a wrong secret",
          );
        }
      },
    },
  ];
}
