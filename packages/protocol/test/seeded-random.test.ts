import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import { seededRandom } from "../src/random/random-source.ts";

const crypto = createNodeCryptoProvider();

describe("a seeded source", () => {
  it("computes nothing for children that nobody draws from", () => {
    let hashes = 0;
    const counting = {
      ...crypto,
      sha256: (data: Uint8Array) => {
        hashes += 1;
        return crypto.sha256(data);
      },
    };
    const child = seededRandom(counting, 1).derive("one").derive("two");
    expect(hashes).toBe(0);
    child.bytes(40);
    child.bytes(1);
    expect(hashes).toBe(3);
  });

  it("does not depend on what becomes of its seed", () => {
    const seed = Uint8Array.of(1, 2, 3);
    const source = seededRandom(crypto, seed);
    seed.fill(9);
    expect(source.bytes(8)).toEqual(seededRandom(crypto, Uint8Array.of(1, 2, 3)).bytes(8));
  });
});
