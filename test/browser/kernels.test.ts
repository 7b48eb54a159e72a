import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser } from "playwright-core";
import { launchChromium, openPage } from "./chromium.ts";
import { encodeHere, type KernelReport } from "./kernels-script.ts";

const policyOf = (scripts: string): string =>
  `default-src 'none'; img-src data:; worker-src 'self'; script-src ${scripts}`;

/** Serves a page with one module script, both under a policy. */
async function serve(script: string, policy: string) {
  const server = createServer(({ url }, response) => {
    response.setHeader("content-security-policy", policy);
    if (url === "/script.js") {
      response.setHeader("content-type", "text/javascript").end(script);
      return;
    }
    const page = `<!doctype html><link rel="icon" href="data:," /><script type="module" src="/script.js"></script>`;
    response.setHeader("content-type", "text/html").end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

describe("the kernels in Chromium", () => {
  let browser: Browser;
  let script: string;
  beforeAll(async () => {
    browser = await launchChromium();
    const result = await build({
      configFile: false,
      logLevel: "silent",
      build: {
        write: false,
        // What is loaded later is in the same file: the policy and the server have one.
        rolldownOptions: { output: { codeSplitting: false } },
        lib: {
          entry: fileURLToPath(new URL("kernels-script.ts", import.meta.url)),
          formats: ["es"],
        },
      },
    });
    const [output] = Array.isArray(result) ? result : [result];
    if (output === undefined || !("output" in output)) throw new Error("Vite gave no output");
    script = output.output[0].code;
  });
  afterAll(() => browser.close());

  test.each([
    ["wasm", "'self' 'wasm-unsafe-eval'"],
    ["reference", "'self'"],
  ])(
    "are the %s ones where scripts may come from %s, in a page and in a worker, and give the bytes of Node",
    async (name, scripts) => {
      const server = await serve(script, policyOf(scripts));
      try {
        const { page } = await openPage(browser);
        await page.goto(server.url);
        const said = page.locator("body", { hasText: "payloads" });
        const reports = JSON.parse((await said.textContent()) ?? "") as readonly KernelReport[];
        const { payloads } = await encodeHere();
        expect(reports).toEqual([
          { kernels: name, payloads },
          { kernels: name, payloads },
        ]);
      } finally {
        server.close();
      }
    },
  );
});
