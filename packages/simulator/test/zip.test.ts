import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, it, describe } from "vitest";
import { openZip } from "../src/files/zip.ts";
import { temporaryFolder, zipOf } from "./support.ts";

async function archive(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), "gzip.zip");
  await writeFile(path, bytes);
  return path;
}

describe("a zip archive", () => {
  it("gives its files by their names without folders, unpacked", async () => {
    const content = Buffer.from("content");
    const zip = await openZip(
      await archive(zipOf({ "gzip/one": content, "gzip/two.gz": gzipSync(content) })),
    );
    expect(zip.names).toEqual(["one", "two.gz"]);
    for (const name of zip.names) {
      expect(Buffer.from(await zip.read(name)).toString(), name).toBe("content");
    }
    zip.close();
  });

  it.each([
    ["leads out of it", { "../../etc/passwd": Uint8Array.of(1) }],
    ["is absolute", { "/etc/passwd": Uint8Array.of(1) }],
  ])("is refused when the path of a file %s", async (_, files) => {
    await expect(openZip(await archive(zipOf(files)))).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringMatching(/gzip\.zip is not a valid zip archive/) as string,
    });
  });

  it.each([
    ["unpacks to more than it claims", 10, new Uint8Array(1_000_000)],
    ["claims to be larger than any data set", 0xfffffff0, Uint8Array.of(1)],
  ])("does not unpack a file that %s", async (_, claimed, content) => {
    const zip = await openZip(await archive(zipOf({ bomb: content }, claimed)));
    await expect(zip.read("bomb")).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("has a file bomb that cannot be read") as string,
    });
    zip.close();
  });

  it("is refused when it is cut off", async () => {
    const whole = zipOf({ one: new Uint8Array(1_000) });
    await expect(openZip(await archive(whole.subarray(0, 40)))).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      remedy: "Download the archive again.",
    });
  });
});
