import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { loadData, type Dataset } from "../src/index.ts";
import { tarOf, temporaryFolder } from "./support.ts";

/** The bytes of one image: its labels, and planes of one value for each colour. */
function image(labels: readonly number[], colours: readonly number[]): Uint8Array {
  return Uint8Array.from([
    ...labels,
    ...colours.flatMap((value) => Array<number>(1024).fill(value)),
  ]);
}

async function folderWith(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return folder;
}

const batches = Object.fromEntries(
  [1, 2, 3, 4, 5].map((batch) => [`data_batch_${batch}.bin`, image([batch], [255, 51, 0])]),
);

describe("the binary version of CIFAR", () => {
  it("is read with its colours last, batch by batch", async () => {
    const first = image([9], [0, 0, 0]);
    // The second pixel of the first row is red.
    first[2] = 255;
    const folder = await folderWith({ ...batches, "test_batch.bin": first });
    const { name, train, test, classCount } = (await loadData(folder)) as Dataset;
    expect([name, classCount, train.count]).toEqual([basename(folder), 10, 5]);
    expect(train.featureShape).toEqual([32, 32, 3]);
    expect([...train.labels]).toEqual([1, 2, 3, 4, 5]);
    expect([...train.features.subarray(0, 4)]).toEqual([1, Math.fround(0.2), 0, 1]);
    expect([...test.features.subarray(0, 6)]).toEqual([0, 0, 0, 1, 0, 0]);
  });

  it("has a hundred fine classes in CIFAR-100", async () => {
    const part = image([3, 99], [1, 2, 3]);
    const folder = await folderWith({ "train.bin": part, "test.bin": part });
    const { train, classCount } = (await loadData(folder)) as Dataset;
    expect([train.labels[0], classCount]).toEqual([99, 100]);
    const archive = { "cifar-100-binary/train.bin": part, "cifar-100-binary/test.bin": part };
    const packed = await folderWith({ "cifar-100-binary.tar.gz": gzipSync(tarOf(archive)) });
    expect(((await loadData(packed)) as Dataset).train).toEqual(train);
  });

  it.each<[string, Readonly<Record<string, Uint8Array>>, string]>([
    [
      "a batch that is missing",
      { "test_batch.bin": image([1], [0, 0, 0]) },
      "has no file data_batch_2.bin",
    ],
    [
      "a file that is cut off",
      { ...batches, "test_batch.bin": new Uint8Array(3072) },
      "no multiple of the 3073 bytes",
    ],
    [
      "a class that there is not",
      { ...batches, "test_batch.bin": image([10], [0, 0, 0]) },
      "has the class 10 of 10",
    ],
  ])("is refused with %s", async (_, files, message) => {
    const folder = await folderWith({ "data_batch_1.bin": image([1], [0, 0, 0]), ...files });
    await expect(loadData(folder)).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining(message),
    });
  });
});
