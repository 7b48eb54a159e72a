import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { openSandbox } from "../e2e/support/sandbox.ts";
import { startServer } from "../e2e/support/server.ts";
import { servePage } from "./built-page.ts";
import { launchChromium, openPage } from "./chromium.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/", import.meta.url));
const LEAST_ANSWERS = 20;

/** Starts the web server of the page without a bundler. @returns Where the page is. */
async function serveScriptTag(): Promise<string> {
  const program: ChildProcess = spawn(process.execPath, [`${EXAMPLES}script-tag/serve.mjs`], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void program.kill());
  const [line] = (await once(createInterface(program.stdout!), "line")) as [string];
  return new URL(/http:\S+/.exec(line)![0]).origin;
}

/** Answers as often as the page wants before it takes part. */
async function answer(page: Page): Promise<void> {
  for (let count = 1; count <= LEAST_ANSWERS; count++) {
    await page.getByRole("button", { name: count % 2 === 0 ? "Dark text" : "Light text" }).click();
    await page.getByText(`${count} answers`).waitFor();
  }
}

test("a page without a bundler and a page of React learn together from the answers of their users", async () => {
  const box = await openSandbox();
  const [{ url, serverKey }, browser] = await Promise.all([
    startServer(box, { plain: true }),
    launchChromium(),
  ]);
  onTestFinished(() => browser.close());
  const [scriptTag, react] = await Promise.all([
    serveScriptTag(),
    servePage({ root: `${EXAMPLES}react`, configFile: `${EXAMPLES}react/vite.config.ts` }),
    box.json([
      ...["task", "create", `${EXAMPLES}script-tag/task.yaml`, "--start", "--data-dir", "server"],
    ]),
  ]);
  onTestFinished(() => react.close());

  const query = new URLSearchParams({ url, serverKey });
  const addresses = [scriptTag, react.url].map((page) => `${page}?${query}`);
  const opened = await Promise.all(addresses.map(() => openPage(browser)));
  await Promise.all(opened.map(({ page }, index) => page.goto(addresses[index]!)));
  await Promise.all(opened.map(({ page }) => answer(page)));

  const [first, second] = opened.map(({ page }) => page);
  await first!
    .getByText(/^Round \d+ is committed/)
    .first()
    .waitFor();
  await second!.getByText(/, round \d+ is committed/).waitFor();
  const shots = ["script-tag", "react"].map((name) =>
    fileURLToPath(new URL(`../../test-results/${name}.png`, import.meta.url)),
  );
  await Promise.all(opened.map(({ page }, index) => page.screenshot({ path: shots[index]! })));
  // The answers are kept.
  await first!.reload();
  await first!.getByText(`${LEAST_ANSWERS} answers`).waitFor();
  expect(opened.map(({ faults }) => faults)).toEqual([[], []]);
});
