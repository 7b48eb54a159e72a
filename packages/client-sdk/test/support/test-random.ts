import { seededRandom, type RandomSource } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";

export function testRandom(seed: number): RandomSource {
  return seededRandom(createNodeCryptoProvider(), seed);
}
