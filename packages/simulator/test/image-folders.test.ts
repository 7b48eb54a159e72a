import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { encode } from "fast-png";
import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { loadData, type Dataset } from "../src/index.ts";
import { temporaryFolder } from "./support.ts";

/** A PNG of 2 × 1 pixels. */
const png = (channels: number, values: readonly number[]): Uint8Array =>
  encode({ width: 2, height: 1, channels, depth: 8, data: Uint8Array.from(values) });

async function folderWith(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  return folder;
}

describe("a folder of images for each class", () => {
  it("numbers the classes in alphabetical order, and keeps one channel of grey images", async () => {
    const folder = await folderWith({
      "train/dog/1.png": png(1, [0, 51]),
      "train/cat/1.png": png(3, [255, 255, 255, 102, 102, 102]),
      "test/dog/2.png": png(4, [51, 51, 51, 255, 0, 0, 0, 255]),
    });
    const { train, test, classCount } = (await loadData(folder)) as Dataset;
    expect(train).toMatchObject({ featureShape: [1, 2, 1], classNames: ["cat", "dog"] });
    expect(train.features).toEqual(Float32Array.of(1, 0.4, 0, 0.2));
    expect([...train.labels, ...test.labels, classCount]).toEqual([0, 1, 1, 2]);
  });

  it("holds every fifth image out, and takes JPEG and colours", async () => {
    const data = Uint8Array.from({ length: 8 * 8 * 4 }, (_, i) =>
      i % 4 === 0 || i % 4 === 3 ? 255 : 0,
    );
    const red = jpeg.encode({ width: 8, height: 8, data }, 100).data;
    const names = Array.from(
      { length: 10 },
      (_, i) => [`${i < 5 ? "a" : "b"}/${i}.jpg`, red] as const,
    );
    const { train, test } = (await loadData(
      await folderWith(Object.fromEntries(names)),
    )) as Dataset;
    expect([train.count, test.count]).toEqual([8, 2]);
    expect(train.featureShape).toEqual([8, 8, 3]);
    expect(train.features[0]).toBeGreaterThan(0.95);
    expect(train.features[1]).toBeLessThan(0.05);
  });

  it.each<[string, Uint8Array, string]>([
    [
      "of another size",
      encode({ width: 1, height: 1, channels: 1, depth: 8, data: Uint8Array.of(1) }),
      "has 1 × 1 pixels, not 2 × 1",
    ],
    ["that is broken", png(1, [1, 2]).subarray(0, 40), "is no image that can be decoded"],
    ["that can be seen through", png(2, [1, 255, 2, 128]), "has see-through pixels"],
  ])("names an image %s", async (_, bytes, message) => {
    const folder = await folderWith({ "a/1.png": png(1, [1, 2]), "b/2.png": bytes });
    await expect(loadData(folder)).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining(message),
    });
  });
});
