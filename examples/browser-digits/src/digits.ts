// The digits that this page trains on, and those on which it measures models. Both are drawn here:
// nothing is downloaded, and the digits that this page trains on exist nowhere else.
import type { Examples } from "@tributary/client-sdk";
import { seededRandom, type CryptoProvider, type RandomSource } from "@tributary/protocol";
import { drawWriter, drawWriters } from "@tributary/simulator/writers";

const DIGITS_PER_WRITER = 240;

/**
 * The source of all randomness of one writer: of the digits, and of the order in which they are
 * trained on.
 */
export function writerRandom(crypto: CryptoProvider, seed: number): RandomSource {
  return seededRandom(crypto, seed).derive("browser-digits");
}

/** Draws the digits that one writer wrote: features of shape [28, 28, 1] in [0, 1]. */
export function drawOwnDigits(random: RandomSource): Examples {
  return drawWriter(random.derive("writer"), DIGITS_PER_WRITER);
}

/**
 * Draws 300 digits of 20 writers who train nowhere. They are the same in every page, so that the
 * scores of different pages can be compared.
 */
export function drawStrangersDigits(crypto: CryptoProvider): Examples {
  return drawWriters({
    random: seededRandom(crypto, 0).derive("strangers"),
    writers: 1,
    examplesPerWriter: 1,
    heldOutWriters: 20,
    examplesPerHeldOutWriter: 15,
  }).test;
}

/** The pixels of one digit: a view, not a copy. */
export function pixelsOf(digits: Examples, index: number): Float32Array {
  const size = digits.features.length / digits.count;
  return digits.features.subarray(index * size, (index + 1) * size);
}
