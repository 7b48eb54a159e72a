import { describe, expect, it } from "vitest";
import {
  divide,
  partitionPicture,
  summarizePartition,
  type Divisible,
  type PartitionInput,
  type PartitionSummary,
} from "../src/index.ts";
import { testRandom } from "./support.ts";

const data: Divisible = {
  train: {
    features: new Float32Array(1_000),
    featureShape: [1],
    labels: Int32Array.from({ length: 1_000 }, (_, row) => row % 10),
    labelShape: [],
    classNames: ["a<b", ..."cdefghijk"],
    count: 1_000,
  },
  classCount: 10,
};

describe("summarizePartition", () => {
  const of = (options: PartitionInput): PartitionSummary =>
    summarizePartition(data, divide(data, options, testRandom(1)));

  it("counts examples and classes, and says how far clients are from the whole", () => {
    expect(of({ name: "pathological", clients: 10, classesPerClient: 1 })).toEqual({
      ...{ clients: 10, examples: 1_000, unusedExamples: 0 },
      examplesPerClient: { least: 100, median: 100, most: 100 },
      classesPerClient: { least: 1, median: 1, most: 1 },
      labelDistance: expect.closeTo(0.9, 9),
    });
    expect(of({ name: "id-to-size", sizes: [100, 200, 300] })).toMatchObject({
      ...{ clients: 3, examples: 600, unusedExamples: 400 },
      examplesPerClient: { least: 100, median: 200, most: 300 },
    });
    expect(of({ name: "iid", clients: 2 }).labelDistance).toBeLessThan(0.05);
  });

  it("says nothing of classes where there are none", () => {
    const values = { ...data, classCount: 0 };
    const partition = divide(values, { name: "iid", clients: 4 }, testRandom(1));
    const summary = summarizePartition(values, partition);
    expect(summary).not.toHaveProperty("classesPerClient");
    expect(summary).not.toHaveProperty("labelDistance");
  });
});

describe("partitionPicture", () => {
  const draw = (options: PartitionInput): string =>
    partitionPicture(data, divide(data, options, testRandom(1)), `R&D <${options.name}>`);

  it("has a bar of each class that a client sees, and names what it shows", () => {
    const picture = draw({ name: "pathological", clients: 10, classesPerClient: 2 });
    expect(picture.match(/<rect [^>]*><title>client/g)).toHaveLength(20);
    expect(picture).toContain("<title>R&amp;D &lt;pathological&gt;</title>");
    expect(picture).toContain("<title>client 0, a&lt;b: ");
  });

  it("draws some of many clients, and says so", () => {
    const picture = draw({ name: "iid", clients: 1_000 });
    expect(picture).toContain("client (120 of 1,000 are drawn)");
    expect(picture.match(/<rect [^>]*><title>client/g)).toHaveLength(120);
  });
});
