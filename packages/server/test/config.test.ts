import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  DEFAULT_LIMITS,
  cryptographicRandom,
  formatServerKey,
  formatServerSecrets,
  generateServerSecrets,
  isTributaryError,
  serverKeyOf,
  type ServerSecrets,
  type TributaryError,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";

import { isLoopback, resolveConfig, type ServerOptions } from "../src/config.ts";
import { readServerSecrets, settleIdentity } from "../src/server-identity.ts";
import { openMemoryStore } from "../src/storage/memory.ts";
import { RecordMaker } from "../src/testing/storage-records.ts";
import { testFolder } from "./temporary-folder.ts";

function refusal(options: ServerOptions | Readonly<Record<string, unknown>>): TributaryError {
  try {
    resolveConfig(options);
  } catch (error) {
    if (isTributaryError(error, "CONFIG_INVALID") && error.remedy !== undefined) return error;
    throw error;
  }
  throw new Error("It was accepted");
}

async function refusalOf(promise: Promise<unknown>): Promise<TributaryError> {
  try {
    await promise;
  } catch (error) {
    if (isTributaryError(error, "CONFIG_INVALID") && error.remedy !== undefined) return error;
    throw error;
  }
  throw new Error("It was accepted");
}

describe("the server's settings", () => {
  it("are all optional, and put the gateway with TLS and the admin API on loopback", () => {
    expect(resolveConfig({})).toEqual({
      host: "127.0.0.1",
      port: 8_443,
      tls: "self-signed",
      tlsNames: [],
      trustedProxies: [],
      adminHost: "127.0.0.1",
      adminPort: 8_080,
      dataDir: "./.tributary",
      leaseMs: 15_000,
      waitForLease: false,
      newIdentity: false,
      logLevel: "info",
      minimumCohort: 2,
      joinPage: false,
      limits: DEFAULT_LIMITS,
      keyPath: join(".tributary", "server.key"),
      tlsDir: join(".tributary", "tls"),
      storeDir: join(".tributary", "store"),
    });
  });

  it("accept any number of aggregation threads from 0 to the maximum", () => {
    for (const aggregationThreads of [0, 1, 64]) {
      expect(resolveConfig({ aggregationThreads }).aggregationThreads).toBe(aggregationThreads);
    }
    for (const aggregationThreads of [-1, 1.5, 65]) {
      expect(refusal({ aggregationThreads }).message).toContain("aggregationThreads");
    }
  });

  it("refuse plain ws beyond loopback", () => {
    for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) {
      expect(resolveConfig({ host, tls: "none" }).tls).toBe("none");
    }
    for (const host of [
      "0.0.0.0",
      "::",
      "10.0.0.1",
      "example.org",
      "127.0.0.1.evil.com",
      "127.1",
    ]) {
      expect(refusal({ host, tls: "none" }).message).toContain(host);
      expect(resolveConfig({ host }).tls).toBe("self-signed");
    }
  });

  it("refuse an admin API without a token beyond loopback", () => {
    expect(refusal({ adminHost: "0.0.0.0" }).message).toContain("0.0.0.0");
    expect(resolveConfig({ adminHost: "0.0.0.0", adminToken: "0123456789abcdef" }).adminHost).toBe(
      "0.0.0.0",
    );
  });

  it("name the wrong setting in the error and never quote the token", () => {
    expect(refusal({ port: 65_536 }).message).toContain("port");
    expect(refusal({ port: -1 }).message).toContain("port");
    expect(refusal({ adminPort: 1.5 }).message).toContain("adminPort");
    expect(refusal({ tls: "maybe" }).message).toContain("tls");
    expect(refusal({ logLevel: "loud" }).message).toContain("logLevel");
    expect(refusal({ dataFolder: "x" }).message).toContain("dataFolder");
    const { message } = refusal({ adminToken: "too-short" });
    expect(message).toContain("adminToken");
    expect(message).not.toContain("too-short");
  });

  it("accept limits one by one, and refuse constants of the protocol in their place", () => {
    const { limits } = resolveConfig({ limits: { maxConnections: 5 } });
    expect(limits).toEqual({ ...DEFAULT_LIMITS, maxConnections: 5 });
    expect(refusal({ limits: { maxConnection: 5 } }).message).toContain("maxConnection");
    // Clients could not learn it, and each record after the fifth would be unreadable.
    expect(refusal({ limits: { rekeyAfterRecords: 5 } }).message).toContain("rekeyAfterRecords");
  });

  it("recognise every loopback address, and no other", () => {
    expect(["localhost", "127.0.0.1", "127.255.255.254", "::1"].every(isLoopback)).toBe(true);
    expect(
      ["", "127", "0.0.0.0", "::", "128.0.0.1", "127.0.0.1 ", "localhost.evil.com"].some(
        isLoopback,
      ),
    ).toBe(false);
  });
});

describe("the server's keys", () => {
  const crypto = createNodeCryptoProvider();
  const random = cryptographicRandom(crypto);

  /** Starts on a store, as far as the server's identity goes. */
  const settle = async (path: string, storage = openMemoryStore({ crypto }), newIdentity = false) =>
    settleIdentity(await readServerSecrets(path), storage, { path, newIdentity, crypto });

  const keyOf = (secrets: ServerSecrets): string => formatServerKey(serverKeyOf(crypto, secrets));

  it("are made once, for their owner alone, and read again", async () => {
    const path = join(await testFolder(), "new", "server.key");
    const storage = openMemoryStore({ crypto });
    const made = await settle(path, storage);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await settle(path, storage)).toEqual(made);
    expect(await storage.identity.serverKey()).toBe(keyOf(made));
  });

  it("are not replaced when their file is damaged, empty or something else", async () => {
    const path = join(await testFolder(), "server.key");
    for (const text of ["", "hello", "tributary-secret-v1:AAAA"]) {
      await writeFile(path, text);
      expect((await refusalOf(settle(path))).message).toContain(path);
      expect((await refusalOf(settle(path, undefined, true))).message).toContain(path);
      expect(await readFile(path, "utf8")).toBe(text);
    }
  });

  it("are the same for two servers that start at the same time", async () => {
    const path = join(await testFolder(), "server.key");
    const starts = await Promise.allSettled([settle(path), settle(path)]);
    const kept = await readServerSecrets(path);
    for (const start of starts) {
      if (start.status === "fulfilled") expect(start.value).toEqual(kept);
      else expect(isTributaryError(start.reason, "CONFIG_INVALID")).toBe(true);
    }
  });

  it("are refused with the reason when their folder cannot be created", async () => {
    const folder = await testFolder();
    await writeFile(join(folder, "file"), "");
    const path = join(folder, "file", "server.key");
    expect((await refusalOf(settle(path))).message).toContain(path);
  });

  it("are not made anew for a store that belongs to a server whose key file is missing", async () => {
    const path = join(await testFolder(), "server.key");
    const storage = openMemoryStore({ crypto });
    const first = await settle(path, storage);
    await rm(path);
    const { message, remedy } = await refusalOf(settle(path, storage));
    expect(message).toContain(`${path} is missing, and the store belongs to the server`);
    expect(message).toContain(keyOf(first));
    expect(remedy).toMatch(/Restore the key file from a backup.*--new-identity.*pin the new key/);
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });

  it("are not made anew for tasks that an older version has stored", async () => {
    const path = join(await testFolder(), "server.key");
    const storage = openMemoryStore({ crypto });
    const { task, bytes } = new RecordMaker(crypto, random).task();
    await storage.rounds.createTask(task, bytes);
    expect((await refusalOf(settle(path, storage))).message).toContain("has tasks of a server");
    // With the file, the store learns whose it is.
    await writeFile(path, formatServerSecrets(generateServerSecrets(random)));
    const kept = await settle(path, storage);
    expect(await storage.identity.serverKey()).toBe(keyOf(kept));
  });

  it("are refused when they are another server's than the store's, until that is wanted", async () => {
    const path = join(await testFolder(), "server.key");
    const storage = openMemoryStore({ crypto });
    await settle(path, storage);
    const other = generateServerSecrets(random);
    await writeFile(path, formatServerSecrets(other));
    expect((await refusalOf(settle(path, storage))).message).toContain("the key of another server");
    expect(await settle(path, storage, true)).toEqual(other);
    expect(await settle(path, storage)).toEqual(other);
  });

  it("are made anew for a store that has lost its key file, when that is wanted", async () => {
    const path = join(await testFolder(), "server.key");
    const storage = openMemoryStore({ crypto });
    const first = await settle(path, storage);
    await rm(path);
    const second = await settle(path, storage, true);
    expect(second).not.toEqual(first);
    expect(await settle(path, storage)).toEqual(second);
  });
});
