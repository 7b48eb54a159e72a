import type { Examples } from "@tributary/client-sdk";
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { drawWriter, drawWriters } from "../src/index.ts";
import { testRandom } from "./support.ts";

describe("drawWriters", () => {
  it("draws the same digits from the same seed, and other digits from another seed", () => {
    const options = { writers: 2, examplesPerWriter: 20, heldOutWriters: 1 };
    const once = drawWriters({ random: testRandom(7), ...options });
    const again = drawWriters({ random: testRandom(7), ...options });
    const other = drawWriters({ random: testRandom(8), ...options });
    expect(again.clients.map(digest)).toEqual(once.clients.map(digest));
    expect(digest(again.test)).toBe(digest(once.test));
    expect(digest(other.clients[0]!)).not.toBe(digest(once.clients[0]!));
  });

  it("gives a writer the same digits however many writers there are", () => {
    const draw = (writers: number): ReturnType<typeof drawWriters> =>
      drawWriters({
        random: testRandom(7),
        writers,
        examplesPerWriter: [9, 20],
        heldOutWriters: 1,
      });
    const few = draw(2);
    const many = draw(4);
    expect(many.clients.slice(0, 2).map(digest)).toEqual(few.clients.map(digest));
    expect(digest(many.test)).toBe(digest(few.test));
  });

  it("draws as many digits as the options ask for, within the range for each writer", () => {
    const { clients, test } = drawWriters({
      random: testRandom(1),
      writers: 12,
      examplesPerWriter: [10, 30],
      heldOutWriters: 3,
      examplesPerHeldOutWriter: 7,
    });
    for (const client of clients) {
      expect(client.count).toBeGreaterThanOrEqual(10);
      expect(client.count).toBeLessThanOrEqual(30);
      expect(client.features).toHaveLength(client.count * 784);
      expect(client.labels).toHaveLength(client.count);
    }
    expect(new Set(clients.map(({ count }) => count)).size).toBeGreaterThan(1);
    expect(test.count).toBe(21);
  });

  it("draws every digit, in ink from 0 to 1 in steps of 1/255", () => {
    const { features, labels, featureShape } = drawWriter(testRandom(3), 300);
    expect(featureShape).toEqual([28, 28, 1]);
    expect([...new Set(labels)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (let image = 0; image < 300; image++) {
      const pixels = features.subarray(image * 784, (image + 1) * 784);
      const ink = pixels.reduce((sum, pixel) => sum + pixel, 0);
      expect(ink).toBeGreaterThan(10);
      expect(ink).toBeLessThan(350);
    }
    const steps = features.filter(
      (pixel) => Math.abs(pixel * 255 - Math.round(pixel * 255)) > 1e-4,
    );
    expect(steps).toHaveLength(0);
    expect(features.every((pixel) => pixel >= 0 && pixel <= 1)).toBe(true);
  });

  it("keeps digits away from the border of the image", () => {
    const { clients } = drawWriters({ random: testRandom(5), writers: 20, examplesPerWriter: 50 });
    let border = 0;
    let all = 0;
    for (const { features } of clients) {
      features.forEach((pixel, index) => {
        const x = index % 28;
        const y = Math.floor((index % 784) / 28);
        all += pixel;
        if (x === 0 || y === 0 || x === 27 || y === 27) border += pixel;
      });
    }
    expect(border / all).toBeLessThan(0.005);
  });

  it("makes writers differ: the zeros of one writer resemble each other more than those of others", () => {
    const { clients } = drawWriters({ random: testRandom(2), writers: 8, examplesPerWriter: 300 });
    // For each writer, the mean image of every other zero, and the mean of the rest.
    const halves = clients.map(({ features, labels }) => {
      const zeros = [...labels.keys()].filter((index) => labels[index] === 0);
      return [0, 1].map((half) => {
        const mean = new Float64Array(784);
        const part = zeros.filter((_, position) => position % 2 === half);
        for (const index of part) {
          for (let i = 0; i < 784; i++) mean[i]! += features[index * 784 + i]! / part.length;
        }
        return mean;
      });
    });
    const distance = (a: Float64Array, b: Float64Array): number =>
      Math.hypot(...a.map((value, i) => value - b[i]!));
    const own: number[] = [];
    const others: number[] = [];
    halves.forEach(([half], writer) => {
      halves.forEach(([, other], otherWriter) => {
        (writer === otherWriter ? own : others).push(distance(half!, other!));
      });
    });
    const mean = (values: readonly number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(own)).toBeLessThan(0.6 * mean(others));
  });

  it("gives each client memory of its own, so that it can be transferred to a worker", () => {
    const { clients } = drawWriters({ random: testRandom(1), writers: 3, examplesPerWriter: 5 });
    expect(new Set(clients.map(({ features }) => features.buffer)).size).toBe(3);
    expect(clients[0]!.features.buffer.byteLength).toBe(5 * 784 * 4);
  });

  it.each([
    [{ writers: 0 }, "writers is 0"],
    [{ writers: 1.5 }, "writers is 1.5"],
    [
      { writers: 1, examplesPerWriter: [5, 4] as const },
      "The least number in examplesPerWriter exceeds the most",
    ],
    [{ writers: 1, heldOutWriters: -1 }, "heldOutWriters is -1"],
  ])("refuses %j", (options, message) => {
    expect(() => drawWriters({ random: testRandom(1), ...options })).toThrow(
      expect.objectContaining({ code: "BAD_PARAMETER", message: expect.stringContaining(message) }),
    );
  });
});

/** A hash of all features and labels: `toEqual` takes a second for tens of thousands of values. */
function digest({ features, labels }: Pick<Examples, "features" | "labels">): string {
  return createHash("sha256").update(features).update(labels).digest("hex");
}
