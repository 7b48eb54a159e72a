import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dealExamples, loadData, type Dataset, type UndividedDataset } from "../src/index.ts";
import { temporaryFolder } from "./support.ts";

const dataFolder = process.env["TRIBUTARY_DATA"];

const speech = (role: string, lines: readonly string[]): string =>
  `${role}:\n${lines.join("\n")}\n\n`;

describe("loading text", () => {
  it("cuts it into windows of bytes, with the next byte as the label at each position", async () => {
    const file = join(await temporaryFolder(), "poem.txt");
    await writeFile(file, "añb cde f"); // ñ has two bytes, and the last byte begins no window
    const { name, examples, classCount } = (await loadData(file, {
      window: 3,
    })) as UndividedDataset;
    const bytes = [...new TextEncoder().encode("añb cde f")];
    expect({ name, classCount }).toEqual({ name: "poem", classCount: 256 });
    expect(examples).toEqual({
      ...{ features: Float32Array.from(bytes.slice(0, 9)), featureShape: [3], count: 3 },
      ...{ labels: Int32Array.from(bytes.slice(1, 10)), labelShape: [3] },
    });
  });

  it("has windows of 64 bytes unless it is told otherwise, and refuses a text without one", async () => {
    const file = join(await temporaryFolder(), "short.txt");
    await writeFile(file, "x".repeat(65));
    expect(await loadData(file)).toMatchObject({ examples: { count: 1, featureShape: [64] } });
    await writeFile(file, "x".repeat(64));
    await expect(loadData(file)).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("a window of 64 bytes and one more"),
    });
  });

  it("makes clients of the roles of plays, the largest first, and holds their last lines out", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "input.txt");
    const said = (name: string, lines: number): string =>
      speech(
        name,
        Array.from({ length: lines }, (_, i) => `${name}${i}`),
      );
    await writeFile(file, `${said("A", 5)}${said("B", 10)}${speech("C", ["x", "y", "z"])}`);
    const { clients, train, test } = (await loadData(folder, { window: 2 })) as Dataset;
    const textOf = ({ features }: { features: Float32Array }): string =>
      String.fromCharCode(...features);
    expect(clients?.names).toEqual(["B", "A"]);
    expect(dealExamples(train, clients!.train).map(textOf)).toEqual(
      ["B0\nB1\nB2\nB3\nB4\nB5\nB6\nB7", "A0\nA1\nA2\nA3"].map((text) =>
        text.slice(0, text.length - (text.length % 2)),
      ),
    );
    expect(dealExamples(test, clients!.test!).map(textOf)).toEqual(["B8\nB", "A4"]);
    expect([train.count, test.count]).toEqual([16, 3]);
  });

  it.skipIf(dataFolder === undefined)("finds the roles of Shakespeare", async () => {
    const { clients, train, test } = (await loadData(join(dataFolder!, "shakespeare"))) as Dataset;
    expect(clients!.names.length).toBeGreaterThan(150);
    const counts = dealExamples(train, clients!.train).map(({ count }) => count);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(train.count);
    expect(test.count / (train.count + test.count)).toBeGreaterThan(0.15);
  });
});
