import type { Examples } from "@tributary/client-sdk";
import { TributaryError, type RandomSource } from "@tributary/protocol";
import { joinExamples } from "../partition/join-examples.ts";
import { randomStream, type RandomStream } from "../random/random-stream.ts";
import { DIGIT_GLYPHS } from "./digit-glyphs.ts";
import { inkLine, type Pen } from "./ink.ts";
import { followStroke } from "./smooth-stroke.ts";

/** The width and height of an image in pixels, as in MNIST. */
const SIZE = 28;

/** How many writers there are, and how much they write. */
export interface WritersOptions {
  /**
   * The source of randomness. A stream for each writer is derived from it by the writer's number,
   * so that a writer stays the same when the number of writers changes.
   */
  readonly random: RandomSource;
  /** The number of writers whose digits are trained on. Each of them is one client. */
  readonly writers: number;
  /**
   * How many digits each of them writes: a number, or the least and the most. Default 200 to 400.
   */
  readonly examplesPerWriter?: number | readonly [least: number, most: number];
  /** The number of writers whose digits are held out. None of them trains. Default 50. */
  readonly heldOutWriters?: number;
  /** How many digits each held-out writer writes. Default 40. */
  readonly examplesPerHeldOutWriter?: number;
}

/**
 * Draws the data set "writers": digits that look handwritten, made of strokes. Each writer has a
 * slant, a size, a stroke width, a roundness and a way of forming each digit. So clients differ as
 * people do, and nothing has to be downloaded. The same random source gives the same digits.
 * @returns One `Examples` for each writer who trains, in memory of its own, and the digits of all
 *   held-out writers together. Features are ink in [0, 1] in steps of 1/255, shape [28, 28, 1];
 *   labels are the digits.
 * @throws TributaryError `BAD_PARAMETER` when a count is not a whole number of at least 1.
 */
export function drawWriters(options: WritersOptions): { clients: Examples[]; test: Examples } {
  const { random, writers, heldOutWriters = 50, examplesPerHeldOutWriter = 40 } = options;
  const range = options.examplesPerWriter ?? [200, 400];
  const [least, most] = typeof range === "number" ? [range, range] : range;
  requireCounts({ writers, heldOutWriters, examplesPerHeldOutWriter, least, most });
  const clients = Array.from({ length: writers }, (_, index) => {
    const own = random.derive(`writer ${index}`);
    const count = least + randomStream(own.derive("count")).below(most - least + 1);
    return drawWriter(own, count);
  });
  const heldOut = Array.from({ length: heldOutWriters }, (_, index) =>
    drawWriter(random.derive(`held-out writer ${index}`), examplesPerHeldOutWriter),
  );
  return { clients, test: joinExamples(heldOut) };
}

/** What stays the same in one person's handwriting. Lengths are in pixels, angles in radians. */
interface Hand {
  /** For each digit, the index of the glyph that this hand prefers. */
  readonly styles: readonly number[];
  /** Sideways shift for each unit of height. A positive slant leans to the right. */
  readonly slant: number;
  readonly rotation: number;
  /** Half the height of a digit, and half its width. */
  readonly halfHeight: number;
  readonly halfWidth: number;
  /** See `followStroke`. */
  readonly roundness: number;
  readonly pen: Pen;
  /** The darkest ink, in (0, 1]. */
  readonly darkness: number;
  /** How the hand distorts the digit's box; the same for every digit. */
  readonly bend: Bend;
  /** How much one digit differs from the next; about 1. */
  readonly unsteadiness: number;
}

/**
 * Draws the digits of one writer.
 * @param random - The writer: the same source gives the same handwriting and the same digits.
 * @param count - The number of digits. Which digits they are is drawn uniformly.
 */
export function drawWriter(random: RandomSource, count: number): Examples {
  const hand = drawHand(randomStream(random.derive("hand")));
  const stream = randomStream(random.derive("digits"));
  const features = new Float32Array(count * SIZE * SIZE);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const digit = stream.below(10);
    labels[i] = digit;
    writeDigit(features.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE), hand, digit, stream);
  }
  return { features, featureShape: [SIZE, SIZE, 1], labels, labelShape: [], count };
}

/** Draws a person's handwriting. */
function drawHand(stream: RandomStream): Hand {
  const halfHeight = stream.between(8.6, 10.4);
  return {
    styles: DIGIT_GLYPHS.map((glyphs) => stream.below(glyphs.length)),
    slant: stream.between(-0.08, 0.32),
    rotation: stream.between(-0.07, 0.07),
    halfHeight,
    halfWidth: halfHeight * stream.between(0.66, 0.92),
    roundness: stream.between(0.5, 1.25),
    pen: {
      width: stream.between(1.8, 3.4),
      contrast: stream.between(0, 0.35),
      angle: stream.between(0, Math.PI),
      softness: stream.between(0.9, 1.6),
    },
    darkness: stream.between(0.75, 1),
    bend: drawBend(stream, 0.05),
    unsteadiness: stream.between(0.5, 1.2),
  };
}

/**
 * A smooth distortion of the plane: one wave in each direction, about as long as the digit's box
 * [−1, 1]². How far a point moves depends only on where it is, so strokes that meet still meet.
 */
interface Bend {
  readonly amount: readonly [number, number];
  readonly frequency: readonly [number, number];
  readonly phase: readonly [number, number];
}

function drawBend(stream: RandomStream, amount: number): Bend {
  return {
    amount: [amount * stream.boundedNormal(), amount * stream.boundedNormal()],
    frequency: [stream.between(1.5, 3.5), stream.between(1.5, 3.5)],
    phase: [stream.between(0, 2 * Math.PI), stream.between(0, 2 * Math.PI)],
  };
}

/**
 * Draws one digit.
 * @param image - Shape [28, 28], all zero before; changed.
 */
function writeDigit(image: Float32Array, hand: Hand, digit: number, stream: RandomStream): void {
  const jitter = hand.unsteadiness;
  const glyphs = DIGIT_GLYPHS[digit]!;
  // One digit in five is drawn in a random style, since people do not always write a digit in the
  // same way.
  const style = stream.next() < 0.2 ? stream.below(glyphs.length) : hand.styles[digit]!;
  const slant = hand.slant + 0.06 * jitter * stream.boundedNormal();
  const rotation = hand.rotation + 0.05 * jitter * stream.boundedNormal();
  const halfHeight = hand.halfHeight * (1 + 0.05 * jitter * stream.boundedNormal());
  const halfWidth = hand.halfWidth * (1 + 0.06 * jitter * stream.boundedNormal());
  const roundness = hand.roundness + 0.15 * jitter * stream.boundedNormal();
  const pen = { ...hand.pen, width: hand.pen.width * (1 + 0.1 * stream.boundedNormal()) };
  const bend = drawBend(stream, 0.05 * jitter);
  const centreX = (SIZE - 1) / 2 + 0.5 * jitter * stream.boundedNormal();
  const centreY = (SIZE - 1) / 2 + 0.4 * jitter * stream.boundedNormal();
  const cosine = Math.cos(rotation);
  const sine = Math.sin(rotation);

  let lastX = 0;
  let lastY = 0;
  for (const stroke of glyphs[style]!) {
    followStroke(stroke, roundness, (strokeX, strokeY, first) => {
      // The glyph's box of 100 × 100 becomes [−1, 1]².
      const u = strokeX / 50 - 1;
      const v = strokeY / 50 - 1;
      const bentX = u + waveX(hand.bend, v) + waveX(bend, v);
      const bentY = v + waveY(hand.bend, u) + waveY(bend, u);
      // Size and slant, then rotation and position.
      const x = halfWidth * bentX - slant * halfHeight * bentY;
      const y = halfHeight * bentY;
      const pixelX = centreX + cosine * x - sine * y;
      const pixelY = centreY + sine * x + cosine * y;
      if (!first) inkLine(image, SIZE, pen, lastX, lastY, pixelX, pixelY);
      lastX = pixelX;
      lastY = pixelY;
    });
  }
  // Rounded to steps of 1/255, as a scanner does. That removes the last bits of sin and log, in
  // which JavaScript engines may differ.
  const levels = 255 * hand.darkness;
  for (let i = 0; i < image.length; i++) image[i] = Math.round(levels * image[i]!) / 255;
}

const waveX = (bend: Bend, v: number): number =>
  bend.amount[0] * Math.sin(bend.frequency[0] * v + bend.phase[0]);
const waveY = (bend: Bend, u: number): number =>
  bend.amount[1] * Math.sin(bend.frequency[1] * u + bend.phase[1]);

function requireCounts(counts: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new TributaryError("BAD_PARAMETER", `${name} is ${value}`, {
        remedy: "Give a whole number of at least 1.",
      });
    }
  }
  if (counts["most"]! < counts["least"]!) {
    throw new TributaryError(
      "BAD_PARAMETER",
      "The least number in examplesPerWriter exceeds the most",
      { remedy: "Give the smaller number first." },
    );
  }
}
