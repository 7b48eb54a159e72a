import { seededRandom, type CryptoProvider, type RandomSource } from "@tributary/protocol";

/** The source from which the server of a run draws, with sockets and without. */
export function serverRandom(crypto: CryptoProvider, seed: number): RandomSource {
  return seededRandom(crypto, seed).derive("server");
}
