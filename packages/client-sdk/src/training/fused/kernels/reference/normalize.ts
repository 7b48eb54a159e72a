import type { GroupNorm, NormalizationKernels } from "../number-kernels.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const r = Math.fround;

/**
 * The specification of the kernels that normalise. A group is some neighbouring channels of all
 * pixels of one example. `operands.stats` keeps two numbers for each group: its mean, and the
 * factor 1 / √(variance + ε).
 */
export function normalizationKernels(memory: ReferenceMemory): NormalizationKernels {
  /**
   * @returns A value minus the mean of its group, times the factor that brings the variance to 1.
   * @param kept - The index of the mean and of the factor.
   */
  const normal = (value: number, kept: number): number =>
    r(r(value - memory.f[kept]!) * memory.f[kept + 1]!);
  return {
    groupNorm(operands, examples) {
      const { f } = memory;
      const { gamma, beta, epsilon } = operands;
      const [x, y] = [indexOf(operands.x), indexOf(operands.y)];
      const count = valuesOf(operands);
      for (const { kept, places } of eachGroup(operands, examples)) {
        let sum = 0;
        for (const { place } of places()) sum = r(sum + f[x + place]!);
        const mean = r(sum / count);
        // A second pass over the distances from the mean. The shorter formula, the mean of x² minus
        // the square of the mean, would lose most digits where the mean is large.
        let squares = 0;
        for (const { place } of places()) {
          const distance = r(f[x + place]! - mean);
          squares = r(squares + r(distance * distance));
        }
        // The gradient needs both numbers again.
        f[kept] = mean;
        f[kept + 1] = 1 / r(Math.sqrt(r(r(squares / count) + r(epsilon))));
        for (const { place, channel } of places()) {
          let value = normal(f[x + place]!, kept);
          if (gamma !== 0) value = r(value * f[indexOf(gamma) + channel]!);
          if (beta !== 0) value = r(value + f[indexOf(beta) + channel]!);
          f[y + place] = value;
        }
      }
    },
    groupNormGradient(operands, dy, dx, examples) {
      const { f } = memory;
      const { gamma } = operands;
      const x = indexOf(operands.x);
      const count = valuesOf(operands);
      // The gradient of the normalised value, which gamma and beta are applied to.
      const slope = (place: number, channel: number): number =>
        gamma === 0
          ? f[indexOf(dy) + place]!
          : r(f[indexOf(dy) + place]! * f[indexOf(gamma) + channel]!);
      for (const { kept, places } of eachGroup(operands, examples)) {
        // Mean and variance depend on every value of the group. With s for the slopes and n for the
        // normalised values, dx = (s − mean(s) − n · mean(s · n)) · factor.
        let sum = 0;
        let along = 0;
        for (const { place, channel } of places()) {
          sum = r(sum + slope(place, channel));
          along = r(along + r(slope(place, channel) * normal(f[x + place]!, kept)));
        }
        const shift = r(sum / count);
        const tilt = r(along / count);
        for (const { place, channel } of places()) {
          const value = normal(f[x + place]!, kept);
          const inner = r(r(slope(place, channel) - shift) - r(value * tilt));
          f[indexOf(dx) + place] = inner * f[kept + 1]!;
        }
      }
    },
    groupNormScaleGradient(operands, dy, gradient, examples) {
      const { f } = memory;
      const x = indexOf(operands.x);
      // A channel meets its groups example by example, which is the order of its sum.
      const sums = new Float32Array(operands.channels);
      for (const { kept, places } of eachGroup(operands, examples)) {
        for (const { place, channel } of places()) {
          const term = r(f[indexOf(dy) + place]! * normal(f[x + place]!, kept));
          sums[channel] = sums[channel]! + term;
        }
      }
      f.set(sums, indexOf(gradient));
    },
    scaleColumns(x, y, factor, term, rows, columns) {
      const { f } = memory;
      for (let place = 0; place < rows * columns; place++) {
        const i = place % columns;
        const value = r(f[indexOf(x) + place]! * f[indexOf(factor) + i]!);
        f[indexOf(y) + place] = term === 0 ? value : value + f[indexOf(term) + i]!;
      }
    },
  };
}

/** One group of channels of one example. */
interface Group {
  /** The index of its mean, which its factor follows. */
  readonly kept: number;
  /** Its values, pixel by pixel: how far each lies from the first value of all, and its channel. */
  readonly places: () => Iterable<{ readonly place: number; readonly channel: number }>;
}

/** @returns How many values a group of one example has. */
const valuesOf = ({ pixels, channels, groups }: GroupNorm): number => pixels * (channels / groups);

/** Gives the groups of every example in the order of `stats`. */
function* eachGroup(
  { stats, pixels, channels, groups }: GroupNorm,
  examples: number,
): Iterable<Group> {
  const width = channels / groups;
  function* placesOf(firstPixel: number, firstChannel: number): ReturnType<Group["places"]> {
    for (let pixel = firstPixel; pixel < firstPixel + pixels; pixel++) {
      for (let channel = firstChannel; channel < firstChannel + width; channel++) {
        yield { place: pixel * channels + channel, channel };
      }
    }
  }
  for (let unit = 0; unit < examples * groups; unit++) {
    const firstPixel = Math.floor(unit / groups) * pixels;
    const firstChannel = (unit % groups) * width;
    yield { kept: indexOf(stats) + 2 * unit, places: () => placesOf(firstPixel, firstChannel) };
  }
}
