import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { workerPortCases } from "@tributary/protocol/testing";
import { webWorkerEndpoint } from "@tributary/protocol/worker-port";
import { servePage, type BuiltPage } from "./built-page.ts";
import { launchChromium, openPage } from "./chromium.ts";

let browser: Browser;
let built: BuiltPage;

beforeAll(async () => {
  const page = servePage({
    root: fileURLToPath(new URL("./worker-port-page", import.meta.url)),
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

describe("the worker port with Web Workers in Chromium", () => {
  test("meets every requirement of the port", async () => {
    const { page } = await openPage(browser);
    await page.goto(built.url);
    await page.waitForFunction(() => document.body.textContent?.startsWith("[["));
    const outcomes = JSON.parse(await page.locator("body").innerText()) as unknown;
    const names = workerPortCases({
      movesMemory: true,
      open: () => webWorkerEndpoint(new Worker("not started")),
    }).map(({ name }) => name);
    expect(outcomes).toEqual(names.map((name) => [name, "conforms"]));
  });
});
