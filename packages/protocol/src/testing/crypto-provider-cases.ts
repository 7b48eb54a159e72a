/**
 * What every `ClientCrypto` must do, and so every `CryptoProvider`, with values that the RFCs publish.
 *
 * ```ts
 * describe.each(cryptoProviderCases(provider))("my provider", ({ name, run }) => it(name, run));
 * ```
 */
import { toHex } from "../bytes/encoding.ts";
import type { ClientCrypto } from "../crypto/crypto-provider.ts";
import { expectThat, type ConformanceCase } from "./conformance-case.ts";
import { aeadCases } from "./crypto-provider/aead-cases.ts";
import { ed25519Cases } from "./crypto-provider/ed25519-cases.ts";
import { hashCases } from "./crypto-provider/hash-cases.ts";
import { x25519Cases } from "./crypto-provider/x25519-cases.ts";

/**
 * The conformance suite of the ports `ClientCrypto` and `CryptoProvider`.
 * @param provider - The adapter to check.
 * @returns One case for each requirement, to be run in any order.
 */
export function cryptoProviderCases(provider: ClientCrypto): ConformanceCase[] {
  return [
    ...hashCases(provider),
    ...x25519Cases(provider),
    ...ed25519Cases(provider),
    ...aeadCases(provider),
    ...otherCases(provider),
  ];
}

/** Random bytes, comparison, and the adapter's name. */
function otherCases(provider: ClientCrypto): ConformanceCase[] {
  return [
    {
      name: "draws random bytes of the requested length, different each time",
      run() {
        // Web Crypto gives at most 65,536 bytes at a time, so 70,000 need several draws.
        for (const length of [0, 1, 32, 70_000]) {
          expectThat(provider.randomBytes(length).length === length, `it draws ${length} bytes`);
        }
        const draws = new Set(Array.from({ length: 64 }, () => toHex(provider.randomBytes(16))));
        expectThat(draws.size === 64, "no two draws of 16 bytes are equal");
      },
    },
    {
      name: "compares the lengths and the content of byte strings",
      run() {
        const a = Uint8Array.of(1, 2, 3);
        expectThat(provider.equal(a, Uint8Array.of(1, 2, 3)), "equal bytes are equal");
        expectThat(!provider.equal(a, Uint8Array.of(1, 2, 4)), "different bytes are not equal");
        expectThat(!provider.equal(a, Uint8Array.of(1, 2)), "a prefix is not equal");
        expectThat(
          provider.equal(new Uint8Array(0), new Uint8Array(0)),
          "two empty byte strings are equal",
        );
      },
    },
    {
      name: "has a name",
      run: () => expectThat(provider.name !== "", "it has a name for logs"),
    },
  ];
}
