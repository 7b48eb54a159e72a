import { readFileSync } from "node:fs";
import { DEFAULT_LIMITS, isTributaryError, type Limits } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { Reload } from "../src/reload.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import {
  LIMITS_OF_THE_START,
  parseServerSettings,
  type ServerSettings,
} from "../src/server-settings.ts";

describe("the settings of a running server", () => {
  it.each<[string, unknown, string]>([
    ["not an object", "debug", "The settings cannot be used"],
    ["with an unknown key", { port: 1 }, "port"],
    ["with an unknown level", { logLevel: "loud" }, "logLevel"],
    ["with limits of another form", { limits: [1] }, "limits"],
    ["with an unknown limit", { limits: { maxConnection: 1 } }, "maxConnection"],
    ["with a limit that is no number", { limits: { maxConnections: "1" } }, "maxConnections"],
    ["with a constant of the protocol", { limits: { sealedChunkBytes: 1 } }, "sealedChunkBytes"],
  ])("are refused when they are %s", (_what, value, named) => {
    let refusal: unknown;
    try {
      parseServerSettings(value);
    } catch (error) {
      refusal = error;
    }
    expect(isTributaryError(refusal, "CONFIG_INVALID")).toBe(true);
    expect(String(refusal)).toContain(named);
  });

  it("are all optional", () => {
    expect(parseServerSettings({})).toEqual({});
    const settings = { logLevel: "warn", limits: { maxConnections: 5 } };
    expect(parseServerSettings(settings)).toEqual(settings);
  });
});

describe("a reload", () => {
  function reloadable() {
    const limits: Limits = { ...DEFAULT_LIMITS };
    const lines: unknown[] = [];
    const levels: string[] = [];
    let told = 0;
    const note = (event: string, fields?: object): void => void lines.push([event, fields]);
    const reload = new Reload({
      limits,
      logger: { ...silentLogger, info: note, warn: note, error: (event) => note(event) },
      ownLogger: { setLevel: (level) => void levels.push(level) },
      certificate: undefined,
      gateway: { limitsChanged: () => void (told += 1) },
    });
    const read = (settings: ServerSettings) => reload.run(() => Promise.resolve(settings));
    return { limits, lines, levels, reload, read, told: () => told };
  }

  it("changes limits and log level in place, and takes back what is no longer set", async () => {
    const { limits, lines, levels, read, told } = reloadable();
    await read({ logLevel: "debug", limits: { maxConnections: 5, requestBurst: 1 } });
    expect(limits).toEqual({ ...DEFAULT_LIMITS, maxConnections: 5, requestBurst: 1 });
    await read({});
    expect(limits).toEqual(DEFAULT_LIMITS);
    expect([levels, told()]).toEqual([["debug", "info"], 2]);
    expect(lines[0]).toEqual([
      "settings reloaded",
      { logLevel: "debug", changed: ["maxConnections", "requestBurst"] },
    ]);
  });

  it("leaves the limits that only a start can change, and says so", async () => {
    const { limits, lines, read } = reloadable();
    await read({ limits: Object.fromEntries(LIMITS_OF_THE_START.map((name) => [name, 1])) });
    expect(limits).toEqual(DEFAULT_LIMITS);
    expect(lines[1]).toEqual([
      "settings wait for the next start",
      { limits: expect.arrayContaining([...LIMITS_OF_THE_START]) as unknown },
    ]);
  });

  it("says in docs/operations.md which limits wait for the next start", () => {
    const page = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");
    const [, names = ""] =
      /default back\.[^]*?that\s+it has\. ([^.]+) wait for the next start/.exec(page) ?? [];
    expect(names.match(/\w+(?=`)/g)).toEqual([...LIMITS_OF_THE_START]);
  });

  it("keeps everything when the settings cannot be read", async () => {
    const { limits, lines, levels, reload } = reloadable();
    await reload.run(() => Promise.reject(new Error("no such file")));
    expect([limits, levels]).toEqual([DEFAULT_LIMITS, []]);
    expect(lines).toEqual([["settings not reloaded", undefined]]);
  });
});
