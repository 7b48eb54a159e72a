import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { servePage, type BuiltPage } from "./built-page.ts";
import { launchChromium, openPage } from "./chromium.ts";
import { fingerprints, type Fingerprints } from "./fused-page/fingerprints.ts";

const ROOT = fileURLToPath(new URL("./fused-page", import.meta.url));

let browser: Browser;
let built: BuiltPage;

beforeAll(async () => {
  const pages = servePage({
    root: ROOT,
    configFile: false,
    worker: { format: "es" },
    build: {
      target: "es2022",
      modulePreload: false,
      rolldownOptions: {
        input: ["index.html", "without-wasm.html", "gpu.html"].map((name) => join(ROOT, name)),
      },
    },
  });
  [built, browser] = await Promise.all([pages, launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await built?.close();
});

describe("the fused trainer under a strict policy", () => {
  test("ends in the same bits in Node, a Chromium page, a Worker and plain TypeScript", async () => {
    const { page, faults } = await openPage(browser);
    await page.goto(built.url);
    const shown = async (id: string): Promise<Fingerprints> => {
      await page.waitForFunction(
        (name) => (document.getElementById(name)?.textContent ?? "") !== "",
        id,
      );
      return JSON.parse((await page.locator(`#${id}`).textContent()) ?? "") as Fingerprints;
    };
    const inNode = await fingerprints("wasm");
    const runtimes: Readonly<Record<string, Fingerprints>> = {
      "Chromium page": await shown("page"),
      "Chromium worker": await shown("worker"),
      "plain TypeScript": await fingerprints("reference"),
    };
    for (const [runtime, found] of Object.entries(runtimes)) {
      for (const [model, hash] of Object.entries(found)) {
        console.log(`${model.padEnd(20)} ${runtime.padEnd(17)} ${hash}`);
        expect(hash, `${model} in ${runtime}`).toBe(inNode[model]);
      }
    }
    expect(Object.keys(runtimes["Chromium page"]!)).toHaveLength(4);
    expect(faults).toEqual([]);
    // Node 20 and the current LTS are held to the same weights by a known hash in the unit tests, which run on both.
  });

  test("falls back to plain TypeScript where the policy forbids WebAssembly, and says so", async () => {
    const { page, faults } = await openPage(browser);
    await page.goto(new URL("without-wasm.html", built.url).href);
    await page.waitForFunction(() => document.body.textContent?.trim() !== "");
    expect(await page.locator("body").innerText()).toMatch(/^reference: 0.5 .*"wasm-unsafe-eval"/);
    expect(
      faults.filter((fault) => !fault.includes("WebAssembly") && !fault.includes("policy")),
    ).toEqual([]);
  });

  describe("and a large model", () => {
    /** Runs in the page: the processor's WebGL claims to be a GPU's, of which no more than `contexts` can be had. */
    const pretend = (contexts: number): void => {
      let left = contexts;
      for (const kind of [OffscreenCanvas, HTMLCanvasElement]) {
        const own = kind.prototype.getContext as (name: string) => unknown;
        kind.prototype.getContext = function (this: object, name: string) {
          left -= 1;
          return left < 0 ? null : own.call(this, name);
        } as never;
      }
      const prototype = WebGL2RenderingContext.prototype;
      const parameter = prototype.getParameter;
      prototype.getParameter = function (name) {
        const value: unknown = parameter.call(this, name);
        return typeof value === "string" ? value.replace(/swiftshader/gi, "A GPU") : value;
      };
    };

    test.each([
      ["is its own where the processor draws for WebGL", undefined, "fused", "every layer"],
      ["is tfjs's where there is a GPU", 100, "tfjs", "1050624 parameters and there is a GPU"],
      ["is its own where the GPU does not start", 1, "fused", "every layer"],
    ])("%s", async (_, contexts, engine, reason) => {
      const { page, faults } = await openPage(browser);
      if (contexts !== undefined) await page.addInitScript(pretend, contexts);
      await page.goto(new URL("gpu.html", built.url).href);
      await page.waitForFunction(() => document.body.textContent?.trim() !== "");
      expect(JSON.parse(await page.locator("body").innerText())).toEqual({
        engine,
        backend: engine === "fused" ? "wasm" : "webgl",
        reason: expect.stringContaining(reason),
        loss: expect.closeTo(0.695, 3),
      });
      expect(faults.filter((fault) => !/webgl/i.test(fault))).toEqual([]);
    });
  });
});
