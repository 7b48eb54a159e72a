import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { lockFolder } from "../src/storage/folder-lock.ts";
import { processPlace, processStart } from "../src/storage/process-identity.ts";
import { testFolder } from "./temporary-folder.ts";

const crypto = createNodeCryptoProvider();
const startIsKnown = (await processStart(process.pid)) !== undefined;

/** Starts a process that lives until it is killed. */
async function startProcess(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1e6)"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  if (child.pid === undefined) throw new Error("the child has no process id");
  return Object.assign(child, { pid: child.pid });
}

/** Writes the claim of a process that holds the folder. */
async function writeClaim(
  folder: string,
  pid: number,
  change: { readonly started?: string; readonly place?: string } = {},
): Promise<string> {
  const path = join(folder, `lock.${pid}.${"0".repeat(16)}`);
  const [started, place] = [await processStart(pid), await processPlace()];
  await writeFile(path, JSON.stringify({ held: 1, place, started, ...change }));
  return path;
}

/** Sets a file's times as if nothing had touched it for `seconds`. */
async function age(path: string, seconds: number): Promise<void> {
  const then = new Date(Date.now() - seconds * 1_000);
  await utimes(path, then, then);
}

describe("the lock of a data folder", () => {
  it("names the process that holds the folder, and is free once it is released", async () => {
    const folder = await testFolder();
    const lock = await lockFolder(folder, crypto);
    await expect(lockFolder(folder, crypto)).rejects.toMatchObject({
      code: "STORAGE_LOCKED",
      message: expect.stringContaining(`is in use by process ${process.pid}.`),
      context: { folder, pid: process.pid },
    });
    await lock.release();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
    await (await lockFolder(folder, crypto)).release();
  });

  it("is respected while another process lives and taken over once it is killed", async () => {
    const folder = await testFolder();
    const holder = await startProcess();
    await writeClaim(folder, holder.pid);
    await expect(lockFolder(folder, crypto)).rejects.toMatchObject({
      code: "STORAGE_LOCKED",
      context: { pid: holder.pid },
    });
    holder.kill("SIGKILL");
    await once(holder, "exit");
    const lock = await lockFolder(folder, crypto);
    expect(await readdir(folder)).toEqual([expect.stringContaining(`lock.${process.pid}.`)]);
    await lock.release();
  });

  it("is respected however old it is, as long as its process runs on this machine", async () => {
    const folder = await testFolder();
    const holder = await startProcess();
    await age(await writeClaim(folder, holder.pid), 86_400);
    await expect(lockFolder(folder, crypto)).rejects.toMatchObject({ code: "STORAGE_LOCKED" });
  });

  it.skipIf(!startIsKnown)(
    "is not taken for the lock of a later process with the same number",
    async () => {
      const folder = await testFolder();
      const other = await startProcess();
      await writeClaim(folder, other.pid, { started: "1" });
      await (await lockFolder(folder, crypto)).release();
      // In a container, a server that is started again has the same number as before.
      await writeClaim(folder, process.pid, { started: "1" });
      await (await lockFolder(folder, crypto)).release();
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it("depends on signs of life when the process cannot be looked up", async () => {
    const folder = await testFolder();
    const path = await writeClaim(folder, 1, { place: "another container" });
    await age(path, 20);
    await expect(lockFolder(folder, crypto)).rejects.toMatchObject({
      code: "STORAGE_LOCKED",
      message: expect.stringContaining("of another machine or container"),
      remedy: expect.stringContaining("30 seconds"),
    });
    await age(path, 40);
    await (await lockFolder(folder, crypto)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("depends on signs of life when a power cut has damaged the claim", async () => {
    const folder = await testFolder();
    const path = await writeClaim(folder, 1);
    await writeFile(path, "");
    await expect(lockFolder(folder, crypto)).rejects.toMatchObject({ code: "STORAGE_LOCKED" });
    await age(path, 40);
    await (await lockFolder(folder, crypto)).release();
  });

  it("leaves other files alone", async () => {
    const folder = await testFolder();
    for (const name of ["lock", "lock.1", "lock.1.txt"])
      await writeFile(join(folder, name), "mine");
    await (await lockFolder(folder, crypto)).release();
    for (const name of ["lock", "lock.1", "lock.1.txt"]) {
      expect(await readFile(join(folder, name), "utf8")).toBe("mine");
    }
  });

  it("is taken by exactly one of many that come at once, also when a dead holder left a claim", async () => {
    for (let turn = 0; turn < 10; turn++) {
      const folder = await testFolder();
      await age(await writeClaim(folder, 1, { place: "gone" }), 40);
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, () => lockFolder(folder, crypto)),
      );
      const held = results.filter((result) => result.status === "fulfilled");
      expect(held.length).toBe(1);
      expect(await readdir(folder)).toHaveLength(1);
      await held[0]?.value.release();
    }
  });
});
