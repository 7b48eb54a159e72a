import { createHash } from "node:crypto";
import { copyFile, readFile, readdir, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  datasetNames,
  fetchDataset,
  loadData,
  type Dataset,
  type RemoteDataset,
} from "../src/index.ts";
import { temporaryFolder, zipOf } from "./support.ts";

const contents: Readonly<Record<string, Uint8Array>> = {
  "one.bin": new Uint8Array(100_000).fill(1),
  "two.bin": Uint8Array.of(1, 2, 3),
};

const files: RemoteDataset["files"] = Object.entries(contents).map(([name, bytes]) => ({
  name,
  byteLength: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
}));

/** Starts a mirror on this machine. Returns its URL and the paths that were requested from it. */
async function mirror(handle: RequestListener): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The server has no port");
  return { url: `http://127.0.0.1:${address.port}/set/`, asked };
}

const serve: RequestListener = (request, response) => {
  const bytes = contents[(request.url ?? "").replace("/set/", "")];
  response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
};

/** The URL of a mirror that nobody serves: its port was opened and closed again. */
async function closedMirror(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("The server had no port");
  return `http://127.0.0.1:${address.port}/`;
}

describe("fetchDataset", () => {
  it("downloads every file, and does not download correct files again", async () => {
    const { url, asked } = await mirror(serve);
    const folder = join(await temporaryFolder(), "new", "folder");
    const source = { mirrors: [url], files };
    const first = await fetchDataset("mnist", folder, { source });
    expect(first).toEqual({ folder, downloaded: ["one.bin", "two.bin"], present: [] });
    for (const [name, bytes] of Object.entries(contents)) {
      expect((await readFile(join(folder, name))).equals(bytes), name).toBe(true);
    }
    const second = await fetchDataset("mnist", folder, { source });
    expect(second.present).toEqual(["one.bin", "two.bin"]);
    expect(asked).toHaveLength(2);
  });

  it("downloads only the file that is wrong, and reports its progress", async () => {
    const { url, asked } = await mirror(serve);
    const folder = await temporaryFolder();
    await writeFile(join(folder, "one.bin"), contents["one.bin"]!);
    await writeFile(join(folder, "two.bin"), "cut off");
    const progress: string[] = [];
    await fetchDataset("mnist", folder, {
      source: { mirrors: [url], files },
      onProgress: ({ file, receivedBytes, totalBytes }) =>
        progress.push(`${file} ${receivedBytes} of ${totalBytes}`),
    });
    expect(asked).toEqual(["/set/two.bin"]);
    expect(progress).toEqual(["one.bin 100000 of 100000", "two.bin 3 of 3"]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it("tries the next mirror when one is closed, lacks the file or sends wrong bytes", async () => {
    const wrong = await mirror((_, response) => response.end(new Uint8Array(3)));
    const lacking = await mirror((_, response) => response.writeHead(404).end());
    const endless = await mirror((_, response) => response.end(new Uint8Array(200_000)));
    const short = await mirror((_, response) => response.end("x"));
    const { url } = await mirror(serve);
    const folder = await temporaryFolder();
    const mirrors = [await closedMirror(), wrong.url, lacking.url, endless.url, short.url, url];
    const { downloaded } = await fetchDataset("mnist", folder, { source: { mirrors, files } });
    expect(downloaded).toEqual(["one.bin", "two.bin"]);
  });

  it("says without a network which files are missing and where to put them, and keeps the others", async () => {
    const { url } = await mirror((request, response) =>
      request.url?.endsWith("one.bin") === true
        ? serve(request, response)
        : response.destroy() && undefined,
    );
    const folder = await temporaryFolder();
    const source = { mirrors: [url, await closedMirror()], files };
    await expect(fetchDataset("mnist", folder, { source })).rejects.toMatchObject({
      code: "NETWORK_UNAVAILABLE",
      retryable: true,
      message: expect.stringMatching(/mnist cannot be downloaded \(.*ECONNREFUSED/),
      remedy: `Without a network, get two.bin from elsewhere and put it in ${folder}.`,
    });
    expect(await readdir(folder)).toEqual(["one.bin"]);
  });

  it("leaves no folder behind when it has got nothing", async () => {
    const short = await mirror((_, response) => response.end("x"));
    const folder = join(await temporaryFolder(), "new");
    const source = { mirrors: [short.url], files };
    await expect(fetchDataset("mnist", folder, { source })).rejects.toThrow("cannot be downloaded");
    await expect(readdir(folder)).rejects.toThrow("ENOENT");
  });

  it("gets EMNIST as one archive, whose data sets are read by their names", async () => {
    const idx = (...bytes: number[]): Uint8Array => gzipSync(Uint8Array.from(bytes));
    const images = idx(...[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255]);
    const labels = idx(...[0, 0, 8, 1, 0, 0, 0, 1, 26]);
    const archive = zipOf(
      Object.fromEntries(
        ["digits", "letters"].flatMap((set) =>
          ["train", "test"].flatMap((part) => [
            [`gzip/emnist-${set}-${part}-images-idx3-ubyte.gz`, images],
            [`gzip/emnist-${set}-${part}-labels-idx1-ubyte.gz`, labels],
          ]),
        ),
      ),
    );
    const { url } = await mirror((_, response) => response.end(archive));
    const folder = join(await temporaryFolder(), "emnist");
    const sha256 = createHash("sha256").update(archive).digest("hex");
    const file = { name: "gzip.zip", byteLength: archive.length, sha256 };
    await fetchDataset("emnist", folder, { source: { mirrors: [url], files: [file] } });
    expect(await readdir(folder)).toEqual(["gzip.zip"]);
    await expect(loadData(folder)).rejects.toMatchObject({
      message: expect.stringContaining("several data sets: emnist-digits, emnist-letters"),
    });
    const letters = (await loadData(join(folder, "emnist-letters"))) as Dataset;
    expect(letters).toMatchObject({ name: "emnist-letters", classCount: 26 });
    expect([...letters.train.features]).toEqual([0, 1]);
  });

  it("stops when its signal is aborted", async () => {
    const stop = new AbortController();
    const { url } = await mirror((_, response) => {
      response.write("some");
      stop.abort();
    });
    const folder = await temporaryFolder();
    await expect(
      fetchDataset("mnist", folder, { source: { mirrors: [url], files }, signal: stop.signal }),
    ).rejects.toMatchObject({ code: "ABORTED" });
    expect(await readdir(folder)).toEqual([]);
  });

  it("names a folder that cannot be written to", async () => {
    const { url } = await mirror(serve);
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "not a folder");
    await expect(
      fetchDataset("mnist", join(file, "below"), { source: { mirrors: [url], files } }),
    ).rejects.toMatchObject({
      code: "DATA_UNREADABLE",
      message: expect.stringContaining("cannot be written"),
    });
  });

  it("refuses a data set that it does not know", async () => {
    await expect(fetchDataset("imagenet", "x")).rejects.toMatchObject({
      code: "BAD_PARAMETER",
      remedy: `Use one of ${datasetNames.join(", ")}.`,
    });
  });

  it.skipIf(process.env["TRIBUTARY_DATA"] === undefined)(
    "knows the published bytes of tables and of Shakespeare",
    async () => {
      const data = process.env["TRIBUTARY_DATA"]!;
      const never = (): never => {
        throw new Error("nothing is to be downloaded");
      };
      for (const name of ["iris", "penguins", "abalone"]) {
        const fetched = await fetchDataset(name, join(data, "tabular"), { fetch: never });
        expect(fetched.present).toEqual([`${name}.csv`]);
      }
      const folder = await temporaryFolder();
      await copyFile(join(data, "shakespeare/tinyshakespeare.txt"), join(folder, "input.txt"));
      const { present } = await fetchDataset("shakespeare", folder, { fetch: never });
      expect(present).toEqual(["input.txt"]);
    },
  );
});
