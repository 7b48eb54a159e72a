import { expect, it } from "vitest";
import { describePartition } from "../src/simulate/describe-partition.ts";

it("describes a partition by how it is made and how clients differ", () => {
  const text = describePartition({
    data: "writers",
    partition: { name: "id-to-size", clients: 2_000, sizes: Array<number>(2_000).fill(10) },
    ...{ seed: 3, clients: 2_000, examples: 20_000, unusedExamples: 1_500 },
    examplesPerClient: { least: 10, median: 10, most: 10 },
    classesPerClient: { least: 1, median: 7.5, most: 10 },
    ...{ labelDistance: 0.25, svg: "p.svg" },
  });
  expect(text.split("\n")).toEqual([
    "writers divided by id-to-size (clients 2000, sizes [10,10,10,10,10,10,10,10,10,10,10,10,…, seed 3)",
    "2,000 clients with 20,000 examples, and 1,500 that nobody has",
    "",
    "of a client  least  median  most",
    "examples     10     10      10",
    "classes      1      7.5     10",
    "",
    "Clients' classes are 0.250 away from those of all examples: the mean total variation distance, 0 for clients that are all alike.",
    "",
    "picture in p.svg",
  ]);
});

it("says nothing of classes where examples have none", () => {
  const text = describePartition({
    ...{ data: "plays", partition: { name: "natural-id" }, seed: 1 },
    ...{ clients: 3, examples: 30, unusedExamples: 0 },
    examplesPerClient: { least: 5, median: 10, most: 15 },
  });
  expect(text).toBe(
    [
      "plays divided by natural-id (seed 1)",
      "3 clients with 30 examples",
      "",
      "of a client  least  median  most",
      "examples     5      10      15",
    ].join("\n"),
  );
});
