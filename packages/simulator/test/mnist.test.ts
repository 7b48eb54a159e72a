import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { loadData, loadMnist, type Dataset } from "../src/index.ts";
import { temporaryFolder } from "./support.ts";

const dataFolder = process.env["TRIBUTARY_DATA"];

/** The bytes of an IDX file. `magic` is 0x800 plus the number of dimensions. */
function idx(magic: number, shape: readonly number[], values: readonly number[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, magic);
  shape.forEach((size, axis) => header.setUint32(4 + 4 * axis, size));
  return Buffer.concat([new Uint8Array(header.buffer), Uint8Array.from(values)]);
}

const images = idx(0x803, [2, 1, 3], [0, 51, 255, 1, 2, 3]);
const labels = idx(0x801, [2], [4, 1]);

/**
 * Writes a small data set: two images of 1 × 3 pixels, the same for training and testing. `change`
 * replaces files, or removes them.
 */
async function smallMnist(
  change: Readonly<Record<string, Uint8Array | undefined>> = {},
): Promise<string> {
  const folder = join(await temporaryFolder(), "small");
  await mkdir(folder);
  const files = {
    "train-images-idx3-ubyte": images,
    "train-labels-idx1-ubyte.gz": gzipSync(labels),
    "t10k-images-idx3-ubyte.gz": gzipSync(images),
    "t10k-labels-idx1-ubyte": labels,
    ...change,
  };
  for (const [name, bytes] of Object.entries(files)) {
    await (bytes === undefined
      ? rm(join(folder, name), { force: true })
      : writeFile(join(folder, name), bytes));
  }
  return folder;
}

describe("loadMnist", () => {
  it("reads plain files and gzip files", async () => {
    const { name, train, test, classCount } = await loadMnist(await smallMnist());
    expect(name).toBe("small");
    expect(classCount).toBe(5);
    expect(train).toEqual(test);
    expect(train.featureShape).toEqual([1, 3, 1]);
    expect(train.features).toEqual(Float32Array.of(0, 0.2, 1, 1 / 255, 2 / 255, 3 / 255));
    expect(train.labels).toEqual(Int32Array.of(4, 1));
    expect(train.count).toBe(2);
  });

  it("reads the letters of EMNIST, which are stored column by column and numbered from 1", async () => {
    const folder = await smallMnist({
      "emnist-letters-train-images-idx3-ubyte.gz": gzipSync(
        idx(0x803, [1, 2, 3], [0, 51, 102, 153, 204, 255]),
      ),
      "emnist-letters-train-labels-idx1-ubyte": idx(0x801, [1], [26]),
      "emnist-letters-test-images-idx3-ubyte": idx(0x803, [1, 2, 3], [0, 0, 0, 0, 0, 0]),
      "emnist-letters-test-labels-idx1-ubyte": idx(0x801, [1], [1]),
    });
    await expect(loadData(folder)).rejects.toMatchObject({
      message: expect.stringContaining("several data sets: MNIST itself, emnist-letters"),
      remedy: expect.stringContaining("small/emnist-letters"),
    });
    const { name, train, test, classCount } = (await loadData(
      join(folder, "emnist-letters"),
    )) as Dataset;
    expect([name, classCount]).toEqual(["emnist-letters", 26]);
    expect(train.featureShape).toEqual([3, 2, 1]);
    expect(train.features).toEqual(Float32Array.of(0, 0.6, 0.2, 0.8, 0.4, 1));
    expect([train.labels[0], test.labels[0]]).toEqual([25, 0]);
  });

  it("reads images of several channels, and values that are no bytes as they are", async () => {
    const coloured = idx(0x804, [2, 1, 1, 3], [0, 51, 255, 255, 51, 0]);
    const float = new DataView(new ArrayBuffer(20 + 4));
    [0x0d04, 1, 1, 1, 1].forEach((value, at) => float.setUint32(4 * at, value));
    float.setFloat32(20, -1.5);
    const { train } = await loadMnist(
      await smallMnist({
        "train-images-idx3-ubyte": coloured,
        "t10k-images-idx3-ubyte.gz": coloured,
      }),
    );
    expect(train.featureShape).toEqual([1, 1, 3]);
    expect(train.features).toEqual(Float32Array.of(0, 0.2, 1, 1, 0.2, 0));
    const values = new Uint8Array(float.buffer);
    const one = await loadMnist(
      await smallMnist({
        "train-images-idx3-ubyte": values,
        "train-labels-idx1-ubyte.gz": idx(0x801, [1], [0]),
        "t10k-images-idx3-ubyte.gz": values,
        "t10k-labels-idx1-ubyte": idx(0x801, [1], [0]),
      }),
    );
    expect(one.train.features).toEqual(Float32Array.of(-1.5));
  });

  it.each([
    [
      "a file that is missing",
      { "train-labels-idx1-ubyte.gz": undefined },
      "has no file train-labels-idx1-ubyte.gz",
    ],
    [
      "labels in place of images",
      { "train-images-idx3-ubyte": idx(0x801, [12], Array<number>(12).fill(0)) },
      "train-images-idx3-ubyte begins with the magic number 2049 instead of 2051",
    ],
    [
      "a file that is cut off",
      { "train-images-idx3-ubyte": images.subarray(0, -1) },
      "holds 5 values, but its header announces 2 × 1 × 3 = 6",
    ],
    [
      "a file with values after its end",
      { "t10k-labels-idx1-ubyte": idx(0x801, [2], [1, 2, 3]) },
      "holds 3 values, but its header announces 2 = 2",
    ],
    [
      "a file shorter than its header",
      { "t10k-labels-idx1-ubyte": Uint8Array.of(0, 0, 8) },
      "has only 3 bytes, fewer than its header needs",
    ],
    [
      "a damaged archive",
      { "t10k-images-idx3-ubyte.gz": gzipSync(images).subarray(0, 20) },
      "t10k-images-idx3-ubyte.gz is not a valid gzip archive",
    ],
    [
      "more labels than images",
      { "t10k-labels-idx1-ubyte": idx(0x801, [3], [1, 2, 3]) },
      "has 3 labels, but ",
    ],
    [
      "images of different sizes",
      {
        "t10k-images-idx3-ubyte.gz": undefined,
        "t10k-images-idx3-ubyte": idx(0x803, [2, 2, 1], [1, 2, 3, 4]),
      },
      "has training and test images of different sizes",
    ],
  ])("refuses %s and says what is wrong", async (_, change, message) => {
    const folder = await smallMnist(change);
    await expect(loadMnist(folder)).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining(message),
    });
  });

  describe.skipIf(dataFolder === undefined)("on the published files", () => {
    it("finds the published numbers of images, of classes, and of each digit", async () => {
      const { name, train, test, classCount } = await loadMnist(join(dataFolder!, "mnist"));
      expect([name, train.count, test.count, classCount]).toEqual(["mnist", 60_000, 10_000, 10]);
      const counts = Array<number>(10).fill(0);
      for (const label of test.labels) counts[label]!++;
      expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
      expect([...train.labels.slice(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    });
  });
});
