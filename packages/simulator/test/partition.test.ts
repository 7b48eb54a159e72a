import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Examples } from "@tributary/client-sdk";
import {
  clientCount,
  dealExamples,
  divide,
  iidPartition,
  partitionOptions,
  partitionerNames,
  rowsOf,
  type Divisible,
  type Partition,
  type PartitionInput,
} from "../src/index.ts";
import { testRandom } from "./support.ts";

/** Examples whose first feature is their index, with classes that take turns. */
function numbered(count: number, classCount: number): Divisible & { readonly train: Examples } {
  const train: Examples = {
    features: Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? i / 2 : i % 13)),
    featureShape: [2],
    labels: Int32Array.from({ length: count }, (_, row) => (row * 7) % classCount),
    labelShape: [],
    count,
  };
  return { train, classCount };
}

/** The data of as many clients as are asked for, with rows that take turns. */
function owned(count: number, classCount: number, clients: number): Divisible {
  const rows = Array.from({ length: clients }, (_, client) =>
    Array.from({ length: count }, (_, row) => row).filter((row) => row % clients === client),
  );
  const offsets = Uint32Array.from([0, ...rows.map(({ length }) => length)]);
  for (let client = 0; client < clients; client++) offsets[client + 1]! += offsets[client]!;
  return {
    ...numbered(count, classCount),
    clients: { train: { rows: Uint32Array.from(rows.flat()), offsets } },
  };
}

const partsOf = (partition: Partition): Uint32Array[] =>
  Array.from({ length: clientCount(partition) }, (_, client) => rowsOf(partition, client));

const sizesOf = (partition: Partition): number[] => partsOf(partition).map(({ length }) => length);

/** How often each client has each class. */
const countsOf = ({ train, classCount }: Divisible, partition: Partition): number[][] =>
  partsOf(partition).map((rows) => {
    const counts = Array.from({ length: classCount }, () => 0);
    for (const row of rows) counts[train.labels[row]!]! += 1;
    return counts;
  });

/** One way to use each partitioner, for 20 clients. */
const EVERY: Readonly<Record<PartitionInput["name"], PartitionInput>> = {
  iid: { name: "iid", clients: 20 },
  shards: { name: "shards", clients: 20 },
  similarity: { name: "similarity", clients: 20 },
  dirichlet: { name: "dirichlet", clients: 20, balanced: false },
  "inner-dirichlet": { name: "inner-dirichlet", clients: 20 },
  pathological: { name: "pathological", clients: 20 },
  distribution: { name: "distribution", clients: 20, distribution: [[1, 1, 2, 1, 0]] },
  size: { name: "size", clients: 20 },
  "id-to-size": { name: "id-to-size", sizes: Array.from({ length: 20 }, (_, i) => 10 + i) },
  "quantity-skew": { name: "quantity-skew", clients: 20 },
  "feature-skew": { name: "feature-skew", clients: 20 },
  continuous: { name: "continuous", clients: 20, property: 1 },
  "natural-id": { name: "natural-id", clients: 20 },
  "grouped-natural-id": { name: "grouped-natural-id", clients: 20 },
};

/** Those that may leave examples unused. */
const LEAVE_SOME: readonly string[] = ["distribution", "id-to-size", "natural-id"];

describe.each(partitionerNames)("the partitioner %s", (name) => {
  const data = owned(2_000, 5, 40);

  it("gives each example to at most one client, and all of them unless it says otherwise", () => {
    const partition = divide(data, EVERY[name], testRandom(1));
    expect(clientCount(partition)).toBe(20);
    const rows = [...partition.rows].sort((a, b) => a - b);
    expect(new Set(rows).size).toBe(rows.length);
    expect(rows.at(-1)).toBeLessThan(2_000);
    if (!LEAVE_SOME.includes(name)) expect(rows).toHaveLength(2_000);
    expect(partition.offsets.at(-1)).toBe(rows.length);
    for (const size of sizesOf(partition)) expect(size).toBeGreaterThan(0);
  });

  it("divides in the same way with the same seed, and in another way with another seed", () => {
    const rows = (seed: number): Partition => divide(data, EVERY[name], testRandom(seed));
    expect(rows(1)).toEqual(rows(1));
    if (name !== "natural-id") expect(rows(1)).not.toEqual(rows(2));
  });

  it("refuses an unknown key and more clients than it can serve", () => {
    const fault = expect.objectContaining({ code: "BAD_PARAMETER" });
    const misspelt: object = { ...EVERY[name], client: 3 };
    expect(() => divide(data, misspelt as PartitionInput, testRandom(1))).toThrow(
      "unknown key client",
    );
    const crowded = { ...EVERY[name], clients: 2_001 };
    expect(() => divide(data, crowded, testRandom(1))).toThrow(fault);
    expect(() => divide(data, { ...EVERY[name], clients: 0 }, testRandom(1))).toThrow(fault);
  });
});

describe("the options of partitioners", () => {
  it("can be exchanged by name where only the number of clients is given", () => {
    const byName = (name: string): unknown => partitionOptions.parse({ name, clients: 100 });
    expect(byName("iid")).toEqual({ name: "iid", clients: 100 });
    expect(byName("shards")).toEqual({ name: "shards", clients: 100, shardsPerClient: 2 });
  });

  it("have a JSON schema in which every key is described", () => {
    const schema = z.toJSONSchema(partitionOptions, { io: "input" });
    expect(schema.oneOf).toHaveLength(partitionerNames.length);
    for (const { properties } of schema.oneOf as { properties: Record<string, object> }[]) {
      for (const [key, property] of Object.entries(properties)) {
        expect(property, key).toHaveProperty("description");
      }
    }
  });
});

describe("iid", () => {
  it("gives clients numbers of examples that differ by one at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(60), fc.nat(), (clients, more, seed) => {
        const sizes = sizesOf(iidPartition(clients + more, clients, testRandom(seed)));
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("divides a hundred thousand clients' rows without a list for each of them", () => {
    const { rows, offsets } = iidPartition(300_000, 100_000, testRandom(1));
    expect(rows.byteLength + offsets.byteLength).toBe(4 * (300_000 + 100_001));
  });
});

describe("shards", () => {
  it("gives each client two classes at most, when the examples divide evenly into shards", () => {
    const data = numbered(6_000, 10);
    const counts = countsOf(data, divide(data, { name: "shards", clients: 100 }, testRandom(1)));
    for (const of of counts) {
      expect(of.reduce((sum, count) => sum + count)).toBe(60);
      expect(of.filter((count) => count > 0).length).toBeLessThanOrEqual(2);
    }
  });
});

describe("dirichlet", () => {
  const data = numbered(10_000, 10);
  const counts = (input: Partial<PartitionInput>): number[][] => {
    const options = { name: "dirichlet", clients: 20, ...input } as PartitionInput;
    return countsOf(data, divide(data, options, testRandom(3)));
  };

  it("gives every client the distribution of all data when alpha is large", () => {
    for (const balanced of [true, false]) {
      for (const count of counts({ alpha: 100_000, balanced }).flat()) {
        // 50 are expected of each class; the draw of examples alone has a deviation of 7.
        expect(count).toBeGreaterThan(balanced ? 20 : 40);
        expect(count).toBeLessThan(balanced ? 80 : 60);
      }
    }
  });

  it("gives most clients one class when alpha is small, with equally many examples each", () => {
    const few = counts({ alpha: 0.01, balanced: true });
    for (const own of few) expect(own.reduce((sum, count) => sum + count)).toBe(500);
    const largest = few.map((own) => Math.max(...own) / 500).sort((a, b) => a - b);
    // Not 1: all examples are used, so that a class of which many drew most is used up.
    expect(largest[10]).toBeGreaterThan(0.6);
  });

  it("draws the shares of classes with the variance of the distribution", () => {
    // A share of Dir(α, …, α) over K clients has the variance (K − 1) / (K² (K·α + 1)).
    const [clients, alpha] = [20, 0.5];
    const many = numbered(100_000, 100);
    const options = { name: "dirichlet", clients, alpha, balanced: false } as const;
    const shares = countsOf(many, divide(many, options, testRandom(1)))
      .flat()
      .map((count) => count / 1_000);
    const variance =
      shares.reduce((sum, share) => sum + (share - 1 / clients) ** 2, 0) / shares.length;
    const expected = (clients - 1) / (clients ** 2 * (clients * alpha + 1));
    expect(variance / expected).toBeGreaterThan(0.85);
    expect(variance / expected).toBeLessThan(1.15);
  });

  it("draws again until each client has the least number of examples", () => {
    const sums = counts({ alpha: 0.5, balanced: false, minimumExamples: 200 }).map((own) =>
      own.reduce((sum, count) => sum + count),
    );
    expect(Math.min(...sums)).toBeGreaterThanOrEqual(200);
  });

  it("says so when no draw has enough examples for each client", () => {
    expect(() => counts({ alpha: 0.01, balanced: false, clients: 1_000 })).toThrow(
      "In 100 draws with alpha 0.01 the smallest of 1000 clients had at most 0 examples",
    );
  });

  it("refuses labels that are no classes, and several labels of one example", () => {
    const options: PartitionInput = { name: "dirichlet", clients: 2 };
    expect(() => divide({ ...data, classCount: 0 }, options, testRandom(1))).toThrow(
      "The labels are numbers to predict",
    );
    const windows = { ...data, train: { ...data.train, labelShape: [4] } };
    expect(() => divide(windows, options, testRandom(1))).toThrow("labels of the shape [4]");
    const few = { ...data, classCount: 3 };
    expect(() => divide(few, options, testRandom(1))).toThrow("and the data set has 3 classes");
  });
});

describe("inner-dirichlet", () => {
  it("gives clients the listed sizes, from the beginning again where there are more clients", () => {
    const data = numbered(1_000, 4);
    const options: PartitionInput = { name: "inner-dirichlet", clients: 5, sizes: [300, 50] };
    expect(sizesOf(divide(data, options, testRandom(1)))).toEqual([300, 50, 300, 50, 300]);
    expect(() => divide(data, { ...options, clients: 6 }, testRandom(1))).toThrow(
      "The sizes of 6 clients add up to 1050, and there are 1000 examples",
    );
  });
});

describe("pathological", () => {
  it("gives each client exactly so many classes, and each class in equal parts", () => {
    const data = numbered(10_000, 10);
    const options: PartitionInput = { name: "pathological", clients: 30, classesPerClient: 3 };
    const counts = countsOf(data, divide(data, options, testRandom(1)));
    for (const own of counts) expect(own.filter((count) => count > 0)).toHaveLength(3);
    for (let kind = 0; kind < 10; kind++) {
      const parts = counts.map((own) => own[kind]!).filter((count) => count > 0);
      expect(Math.max(...parts) - Math.min(...parts)).toBeLessThanOrEqual(1);
      expect(parts.reduce((sum, count) => sum + count)).toBe(1_000);
    }
  });

  it("refuses more classes for a client than there are", () => {
    const options: PartitionInput = { name: "pathological", clients: 3, classesPerClient: 11 };
    expect(() => divide(numbered(1_000, 10), options, testRandom(1))).toThrow(
      "Each client is to see 11 classes, and the data set has 10",
    );
  });
});

describe("distribution", () => {
  const data = numbered(1_000, 2);

  it("gives clients exactly the distributions that are listed, with as many examples as there are", () => {
    const distribution = [
      [9, 1],
      [1, 9],
    ];
    const options: PartitionInput = { name: "distribution", clients: 10, distribution };
    expect(countsOf(data, divide(data, options, testRandom(1)))).toEqual(
      Array.from({ length: 10 }, (_, client) => (client % 2 === 0 ? [90, 10] : [10, 90])),
    );
  });

  it("refuses more examples for each client than a class has, and a wrong number of weights", () => {
    const options = { name: "distribution", clients: 10, distribution: [[1, 0]] } as const;
    expect(() =>
      divide(data, { ...options, distribution: [[1, 0]], examplesPerClient: 51 }, testRandom(1)),
    ).toThrow("Class 0 has too few examples for 10 clients with 51 each");
    expect(() => divide(data, { ...options, distribution: [[1]] }, testRandom(1))).toThrow(
      "The distribution lists 1 weights for a client, and the data set has 2 classes",
    );
  });
});

describe("size", () => {
  const data = numbered(5_500, 2);
  const sizes = (growth: "linear" | "square" | "exponential", clients = 10): number[] =>
    sizesOf(divide(data, { name: "size", clients, growth, minimumExamples: 1 }, testRandom(1)));

  it("grows by the number of the client, its square or its exponential", () => {
    const linear = sizes("linear");
    expect(linear.every((size, i) => Math.abs(size - 100 * (i + 1)) <= 2)).toBe(true);
    const square = sizes("square");
    expect(square.every((size, i) => Math.abs(size - (5_500 / 385) * (i + 1) ** 2) <= 2)).toBe(
      true,
    );
    const exponential = sizes("exponential");
    expect(exponential[9]! / exponential[8]!).toBeCloseTo(Math.E, 2);
  });

  it("leaves nobody empty however fast the sizes grow", () => {
    expect(Math.min(...sizes("exponential", 500))).toBe(1);
  });
});

describe("quantity-skew", () => {
  it("makes sizes alike with a large alpha, and very different ones with a small one", () => {
    const spread = (alpha: number): number => {
      const options: PartitionInput = { name: "quantity-skew", clients: 10, alpha };
      const sizes = sizesOf(divide(numbered(10_000, 2), options, testRandom(1)));
      return Math.max(...sizes) / Math.min(...sizes);
    };
    expect(spread(10_000)).toBeLessThan(1.2);
    expect(spread(0.5)).toBeGreaterThan(10);
  });
});

describe("similarity", () => {
  const data = numbered(1_000, 5);
  const counts = (similarity: number): number[][] =>
    countsOf(data, divide(data, { name: "similarity", clients: 10, similarity }, testRandom(1)));

  it("sorts all examples by label, or deals all of them out at random", () => {
    for (const [client, kinds] of counts(0).entries()) {
      expect(kinds).toEqual([0, 1, 2, 3, 4].map((kind) => (kind === client >> 1 ? 100 : 0)));
    }
    for (const kind of counts(1).flat()) expect(Math.abs(kind - 20)).toBeLessThan(16);
  });

  it("deals a share of each client's examples out at random, and not the same ones to two", () => {
    for (const [client, kinds] of counts(0.3).entries()) {
      expect(kinds.reduce((sum, kind) => sum + kind)).toBe(100);
      // What is sorted need not end where a class ends.
      const own = kinds.slice(Math.max(0, (client >> 1) - 1), (client >> 1) + 2);
      expect(own.reduce((sum, kind) => sum + kind)).toBeGreaterThan(70);
      expect(kinds.filter((kind) => kind > 0).length).toBeGreaterThan(3);
    }
  });
});

describe("continuous", () => {
  const data = numbered(1_000, 2);
  const means = (strictness: number): number[] => {
    const options: PartitionInput = { name: "continuous", clients: 4, property: 0, strictness };
    return partsOf(divide(data, options, testRandom(1))).map(
      (rows) => rows.reduce((sum, row) => sum + row, 0) / rows.length,
    );
  };

  it("sorts strictly, at random, or in between", () => {
    expect(means(1)).toEqual([124.5, 374.5, 624.5, 874.5]);
    for (const mean of means(0)) expect(Math.abs(mean - 499.5)).toBeLessThan(80);
    const [first, , , last] = means(0.5);
    expect(last! - first!).toBeGreaterThan(300);
    expect(last! - first!).toBeLessThan(745);
  });

  it("sorts by a column of the table, which need not be a feature", () => {
    const rows = Array.from({ length: 1_000 }, (_, row) => [String((row * 37) % 1_000)]);
    const table = { columns: ["age"], rows };
    const options: PartitionInput = {
      ...{ name: "continuous", clients: 10, property: "age", strictness: 1 },
    };
    const [youngest] = partsOf(divide({ ...data, table }, options, testRandom(1)));
    for (const row of youngest!) expect((row * 37) % 1_000).toBeLessThan(100);
    expect(() =>
      divide({ ...data, table }, { ...options, property: "weight" }, testRandom(1)),
    ).toThrow("The examples have no property weight");
  });
});

describe("natural-id and grouped-natural-id", () => {
  it("take the first clients of the data set, or groups of equally many", () => {
    const data = owned(120, 2, 12);
    const natural = divide(data, { name: "natural-id" }, testRandom(1));
    expect(natural).toEqual(data.clients!.train);
    const first = divide(data, { name: "natural-id", clients: 3 }, testRandom(1));
    expect(partsOf(first)).toEqual(partsOf(natural).slice(0, 3));
    const groups = divide(data, { name: "grouped-natural-id", clients: 4 }, testRandom(1));
    for (const rows of partsOf(groups)) {
      expect(rows).toHaveLength(30);
      expect(new Set(rows.map((row) => row % 12)).size).toBe(3);
    }
  });

  it("refuse data without clients of its own, and more clients than it has", () => {
    expect(() => divide(numbered(10, 2), { name: "natural-id" }, testRandom(1))).toThrow(
      "The data set has no clients of its own",
    );
    expect(() =>
      divide(owned(120, 2, 12), { name: "grouped-natural-id", clients: 13 }, testRandom(1)),
    ).toThrow("The data set has 12 clients of its own, fewer than 13");
  });
});

describe("a client without an example", () => {
  it("is refused with the number of clients", () => {
    const data = owned(10, 2, 5);
    const clients = { train: { ...data.clients!.train, offsets: Uint32Array.of(0, 4, 4, 10) } };
    expect(() => divide({ ...data, clients }, { name: "natural-id" }, testRandom(1))).toThrow(
      "1 of 3 clients would have no example, the first of them client 1",
    );
  });
});

describe("dealExamples", () => {
  it("copies each client's examples, with their labels, into memory of its own", () => {
    const { train } = numbered(23, 3);
    const parts = dealExamples(train, iidPartition(23, 5, testRandom(1)));
    expect(new Set(parts.map(({ features }) => features.buffer)).size).toBe(5);
    for (const { features, labels, count } of parts) {
      expect(features).toHaveLength(2 * count);
      labels.forEach((label, i) => expect(label).toBe(train.labels[features[2 * i]!]));
    }
  });
});
