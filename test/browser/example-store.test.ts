import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleShelfCases } from "@tributary/client-sdk/testing";
import { memoryShelf } from "@tributary/client-sdk";
import { servePage, type BuiltPage } from "./built-page.ts";
import { launchChromium, openPage } from "./chromium.ts";
import type { StoreParts } from "./example-store-page/page.ts";

declare global {
  /** What the page offers. */
  var storeParts: StoreParts;
}

let browser: Browser;
let built: BuiltPage;

beforeAll(async () => {
  const page = servePage({
    root: fileURLToPath(new URL("./example-store-page", import.meta.url)),
    configFile: false,
    worker: { format: "es" },
    build: { target: "es2022" },
  });
  [built, browser] = await Promise.all([page, launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await built?.close();
});

/** Opens pages of one origin and one profile. */
async function openTabs(count: number) {
  const { page: first, faults } = await openPage(browser);
  const others = Array.from({ length: count - 1 }, () => first.context().newPage());
  const pages = [first, ...(await Promise.all(others))];
  for (const page of pages) {
    await page.goto(built.url);
    await page.waitForFunction(() => "storeParts" in globalThis);
  }
  return { pages, faults };
}

describe("the store of examples in Chromium", () => {
  test("keeps its bytes on a shelf that meets every requirement of the port", async () => {
    const { pages, faults } = await openTabs(1);
    const outcomes = await pages[0]!.evaluate(() => storeParts.conformance());
    const open = () => Promise.resolve(memoryShelf());
    const names = exampleShelfCases({ open, outlives: true }).map(({ name }) => name);
    expect(outcomes).toEqual(names.map((name) => [name, "conforms"]));
    expect(faults).toEqual([]);
  });

  test("has its examples after a reload and in another tab, and no key that can be exported", async () => {
    const { pages } = await openTabs(2);
    const add = async (first: number) => {
      const store = await storeParts.openExampleStore({ name: "digits", classes: 10 });
      await store.add({ features: [[first / 255, 0.5]], label: 3 });
      return store.count();
    };
    expect(await pages[0]!.evaluate(add, 7)).toBe(1);
    expect(await pages[1]!.evaluate(add, 8)).toBe(2);
    await pages[0]!.reload();
    await pages[0]!.waitForFunction(() => "storeParts" in globalThis);
    expect(await pages[0]!.evaluate(add, 9)).toBe(3);
    const kept = await pages[1]!.evaluate(async () => {
      const store = await storeParts.openExampleStore({ name: "digits" });
      const { features, labels, featureShape } = await store.load();
      const open = indexedDB.open("tributary examples: digits");
      await new Promise((resolve) => (open.onsuccess = resolve));
      const request = open.result.transaction("head").objectStore("head").get("key");
      await new Promise((resolve) => (request.onsuccess = resolve));
      const { extractable } = request.result as CryptoKey;
      await store.erase();
      const left = await store.count();
      return { features: [...features], labels: [...labels], featureShape, extractable, left };
    });
    expect(kept).toEqual({
      features: [7 / 255, 0.5, 8 / 255, 0.5, 9 / 255, 0.5].map(Math.fround),
      labels: [3, 3, 3],
      featureShape: [1, 2],
      extractable: false,
      left: 0,
    });
  });

  test("says what to do when another tab has a newer version of the app", async () => {
    const { pages } = await openTabs(2);
    const [old, newer] = [pages[0]!, pages[1]!];
    await old.evaluate(async () => {
      const store = await storeParts.openExampleStore({ name: "taken" });
      await store.add({ features: [1], label: 0 });
      Object.assign(globalThis, { store });
    });
    await newer.evaluate(async () => {
      const open = indexedDB.open("tributary examples: taken", 99);
      await new Promise((resolve) => (open.onsuccess = resolve));
    });
    const faults = await old.evaluate(async () => {
      const { store } = globalThis as unknown as { store: { count(): Promise<number> } };
      return [
        await storeParts.faultOf(store.count()),
        await storeParts.faultOf(storeParts.openExampleStore({ name: "taken" })),
      ];
    });
    expect(faults[0]).toMatch(/^STORAGE_LOCKED: .*Reload this page/);
    expect(faults[1]).toMatch(/^STORAGE_NEWER: .*Reload the page/);
  });

  test("says what to do when the browser denies storage or has no room", async () => {
    const { pages } = await openTabs(1);
    const page = pages[0]!;
    const devTools = await page.context().newCDPSession(page);
    const { origin } = new URL(built.url);
    await devTools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    const faults = await page.evaluate(async () => {
      const { faultOf, openExampleStore } = storeParts;
      const store = openExampleStore({ name: "full" });
      const full = await faultOf(store.then((it) => it.add({ features: [1], label: 0 })));
      // As browsers do where the user has blocked site data.
      IDBFactory.prototype.open = () => {
        throw new DOMException("Access is denied for this document", "SecurityError");
      };
      const denied = await faultOf(openExampleStore({ name: "denied" }));
      Object.defineProperty(globalThis, "indexedDB", { value: undefined });
      return [full, denied, await faultOf(openExampleStore({ name: "missing" }))];
    });
    expect(faults[0]).toMatch(/^STORAGE_FULL: .*Free some room/);
    expect(faults[1]).toMatch(/^STORAGE_DENIED: .*leave the private window/);
    expect(faults[2]).toMatch(/^STORAGE_DENIED: .*There is no IndexedDB here/);
  });
});
