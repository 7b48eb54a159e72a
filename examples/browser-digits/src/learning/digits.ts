// The digits of this page, and those it scores models with. Both are drawn here: nothing is downloaded, and what this
// page trains on exists nowhere else.
import type { Examples } from "@tributary/client-sdk";
import { seededRandom, type CryptoProvider, type RandomSource } from "@tributary/protocol";
import { drawWriter, drawWriters } from "@tributary/simulator/writers";

const DIGITS_PER_WRITER = 240;

/** All the randomness of one writer: the digits, and the order in which they are trained on. */
export function writerRandom(crypto: CryptoProvider, seed: number): RandomSource {
  return seededRandom(crypto, seed).derive("browser-digits");
}

/** The digits that one writer wrote, features [28, 28, 1] in [0, 1]. */
export function drawOwnDigits(random: RandomSource): Examples {
  return drawWriter(random.derive("writer"), DIGITS_PER_WRITER);
}

/** 300 digits of 20 writers that no page is: the same ones in every page, so that scores can be compared. */
export function drawStrangersDigits(crypto: CryptoProvider): Examples {
  return drawWriters({
    random: seededRandom(crypto, 0).derive("strangers"),
    writers: 1,
    examplesPerWriter: 1,
    heldOutWriters: 20,
    examplesPerHeldOutWriter: 15,
  }).test;
}

/** One digit's pixels; a view. */
export function pixelsOf(digits: Examples, index: number): Float32Array {
  const size = digits.features.length / digits.count;
  return digits.features.subarray(index * size, (index + 1) * size);
}
