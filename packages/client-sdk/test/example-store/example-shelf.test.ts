import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryShelf } from "../../src/index.ts";
import { openShelf } from "../../src/platform/file-shelf.ts";
import { exampleShelfCases } from "../../src/testing/index.ts";
import { rejectionOf } from "../support/rejection.ts";

describe("the shelf in memory", () => {
  const open = () => Promise.resolve(memoryShelf());
  for (const { name, run } of exampleShelfCases({ open, outlives: false })) it(name, run);
});

describe("the shelf in files", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "example-shelf-"));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const open = (name: string) => openShelf({ name, directory });
  for (const { name, run } of exampleShelfCases({ open, outlives: true })) it(name, run);

  it("lets only this user read the folder and what lies in it", async () => {
    const shelf = await open("modes");
    await shelf.key();
    const catalogue = { revision: 1, bytes: Uint8Array.of(1) };
    const put = new Map([[7, Uint8Array.of(1)]]);
    await shelf.commit({ after: undefined, catalogue, put, remove: [] });
    const folder = join(directory, "modes");
    const files = await readdir(folder);
    expect(files.toSorted()).toEqual(["block-7", "catalogue-1", "key"]);
    for (const file of files) {
      expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
    }
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it("removes blocks that no commit knows once no commit can be under way", async () => {
    const shelf = await open("pruned");
    for (const [file, ageMs] of Object.entries({ 1: 7_200_000, 2: 7_200_000, 3: 60_000 })) {
      const path = join(directory, "pruned", `block-${file}`);
      await writeFile(path, "");
      await utimes(path, 0, (1e12 - ageMs) / 1000);
    }
    await shelf.prune?.(new Set([1]), 1e12);
    expect((await readdir(join(directory, "pruned"))).toSorted()).toEqual(["block-1", "block-3"]);
  });

  it("says what to do when the folder cannot be made", async () => {
    const file = join(directory, "file");
    await writeFile(file, "");
    const error = await rejectionOf(openShelf({ name: "below", directory: file }));
    expect(error).toMatchObject({ code: "STORAGE_DENIED" });
    expect(error.message).toContain("rights of the folder");
  });
});
