import type { NormalizationKernels } from "../kernel-functions.ts";
import type { ReferenceMemory } from "./memory.ts";

const r = Math.fround;

export function normalizationKernels(memory: ReferenceMemory): NormalizationKernels {
  /** A value as `groupNorm` has it before gamma. @param kept - Where its group's mean and factor are. */
  const normal = (value: number, kept: number): number =>
    r(r(value - memory.f[kept]!) * memory.f[kept + 1]!);
  return {
    groupNorm(x, y, stats, gamma, beta, examples, pixels, channels, groups, epsilon) {
      const { f } = memory;
      const count = pixels * (channels / groups);
      for (const { kept, places } of eachGroup(stats, examples, pixels, channels, groups)) {
        let sum = 0;
        for (const { place } of places()) sum = r(sum + f[x + place]!);
        const mean = r(sum / count);
        let squares = 0;
        for (const { place } of places()) {
          const distance = r(f[x + place]! - mean);
          squares = r(squares + r(distance * distance));
        }
        f[kept] = mean;
        f[kept + 1] = 1 / r(Math.sqrt(r(r(squares / count) + r(epsilon))));
        for (const { place, channel } of places()) {
          let value = normal(f[x + place]!, kept);
          if (gamma !== 0) value = r(value * f[gamma + channel]!);
          if (beta !== 0) value = r(value + f[beta + channel]!);
          f[y + place] = value;
        }
      }
    },
    groupNormGradient(x, stats, gamma, dy, dx, examples, pixels, channels, groups) {
      const { f } = memory;
      const count = pixels * (channels / groups);
      const slope = (place: number, channel: number): number =>
        gamma === 0 ? f[dy + place]! : r(f[dy + place]! * f[gamma + channel]!);
      for (const { kept, places } of eachGroup(stats, examples, pixels, channels, groups)) {
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
          f[dx + place] = inner * f[kept + 1]!;
        }
      }
    },
    groupNormScaleGradient(x, stats, dy, gradient, examples, pixels, channels, groups) {
      const { f } = memory;
      const sums = new Float32Array(channels);
      for (const { kept, places } of eachGroup(stats, examples, pixels, channels, groups)) {
        for (const { place, channel } of places()) {
          const term = r(f[dy + place]! * normal(f[x + place]!, kept));
          sums[channel] = sums[channel]! + term;
        }
      }
      f.set(sums, gradient);
    },
    scaleColumns(x, y, factor, term, rows, columns) {
      const { f } = memory;
      for (let place = 0; place < rows * columns; place++) {
        const i = place % columns;
        const value = r(f[x + place]! * f[factor + i]!);
        f[y + place] = term === 0 ? value : value + f[term + i]!;
      }
    },
  };
}

interface Group {
  /** Where its mean and factor are. */
  readonly kept: number;
  /** Its values, pixel by pixel, and which channel each is of. */
  readonly places: () => Iterable<GroupPlace>;
}

interface GroupPlace {
  readonly place: number;
  readonly channel: number;
}

/** The groups of channels of every example, in the order of `stats`. */
function* eachGroup(
  stats: number,
  examples: number,
  pixels: number,
  channels: number,
  groups: number,
): Iterable<Group> {
  const width = channels / groups;
  function* placesOf(firstPixel: number, firstChannel: number): Iterable<GroupPlace> {
    for (let pixel = firstPixel; pixel < firstPixel + pixels; pixel++) {
      for (let channel = firstChannel; channel < firstChannel + width; channel++) {
        yield { place: pixel * channels + channel, channel };
      }
    }
  }
  for (let unit = 0; unit < examples * groups; unit++) {
    const firstPixel = Math.floor(unit / groups) * pixels;
    const firstChannel = (unit % groups) * width;
    yield { kept: stats + 2 * unit, places: () => placesOf(firstPixel, firstChannel) };
  }
}
