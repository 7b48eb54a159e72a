import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { build, preview, type PreviewServer } from "vite";
import { workerPortCases } from "@tributary/protocol/testing";
import { webWorkerEndpoint } from "@tributary/protocol/worker-port";
import { launchChromium, openPage } from "./chromium.ts";

let browser: Browser;
let server: PreviewServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "worker-port-page-"));
  const config = {
    root: fileURLToPath(new URL("./worker-port-page", import.meta.url)),
    configFile: false,
    logLevel: "silent",
    worker: { format: "es" },
    build: { outDir: folder, emptyOutDir: true, target: "es2022" },
    preview: { host: "127.0.0.1", port: 0 },
  } as const;
  await build(config);
  [server, browser] = await Promise.all([preview(config), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

describe("the worker port with Web Workers in Chromium", () => {
  test("meets every requirement of the port", async () => {
    const { page } = await openPage(browser);
    await page.goto(server.resolvedUrls!.local[0]!);
    await page.waitForFunction(() => document.body.textContent?.startsWith("[["));
    const outcomes = JSON.parse(await page.locator("body").innerText()) as unknown;
    const names = workerPortCases({
      movesMemory: true,
      open: () => webWorkerEndpoint(new Worker("not started")),
    }).map(({ name }) => name);
    expect(outcomes).toEqual(names.map((name) => [name, "conforms"]));
  });
});
