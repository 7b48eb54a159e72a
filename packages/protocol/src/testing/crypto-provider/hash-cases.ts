import { utf8 } from "../../bytes/encoding.ts";
import type { SymmetricCrypto } from "../../crypto/crypto-provider.ts";
import { expectBytes, type ConformanceCase } from "../conformance-case.ts";

const EMPTY = new Uint8Array(0);

/** SHA-256 and HMAC-SHA-256, with the values of FIPS 180-4 and RFC 4231. */
export function hashCases(provider: SymmetricCrypto): ConformanceCase[] {
  return [
    {
      name: "computes the SHA-256 values of FIPS 180-4",
      run() {
        const cases = [
          [EMPTY, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
          [utf8("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
          // A million times "a": longer than the pieces into which an adapter may cut its input.
          [
            new Uint8Array(1_000_000).fill(0x61),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
          ],
        ] as const;
        for (const [data, digest] of cases) expectBytes(provider.sha256(data), digest, "sha256");
      },
    },
    {
      // An adapter that passes on the whole buffer of a view hashes too much.
      name: "hashes a view of a larger buffer",
      run() {
        const view = utf8("xxabcxx").subarray(2, 5);
        const digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        expectBytes(provider.sha256(view), digest, "sha256 of a view");
      },
    },
    {
      name: "computes the HMAC-SHA-256 values of RFC 4231, with keys of any length",
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
