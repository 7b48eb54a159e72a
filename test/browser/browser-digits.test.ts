import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { createTrainer, type LocalTrainer } from "@tributary/client-sdk";
import {
  decodePlan,
  formatServerKey,
  generateServerSecrets,
  seededRandom,
  serverKeyOf,
} from "@tributary/protocol";
import { drawWriter } from "@tributary/simulator";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  drawOwnDigits,
  drawStrangersDigits,
  writerRandom,
} from "../../examples/browser-digits/src/learning/digits.ts";
import { servePage, type BuiltPage } from "./built-page.ts";
import { launchChromium, openPage } from "./chromium.ts";
import {
  crypto,
  digitsTask,
  firstRound,
  joinFromNode,
  startTask,
  startTestServer,
  weightsAfter,
  type Member,
  type TestServer,
} from "./federation.ts";

const ROOT = new URL("../../", import.meta.url);
const EXAMPLE = fileURLToPath(new URL("examples/browser-digits", ROOT));
// The writer that the page is in the first test.
const WRITER = 4711;
const ROUNDS = 8;
/** The key of a server that does not run. */
const OTHER_KEY = formatServerKey(
  serverKeyOf(crypto, generateServerSecrets(seededRandom(crypto, 99))),
);

let built: BuiltPage;
let browser: Browser;
let trainer: LocalTrainer;
const servers: TestServer[] = [];

beforeAll(async () => {
  [built, browser, trainer] = await Promise.all([
    servePage({ root: EXAMPLE }),
    launchChromium(),
    createTrainer(),
  ]);
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

afterAll(async () => {
  await browser?.close();
  await built?.close();
  trainer?.dispose();
});

describe("the page of examples/browser-digits", () => {
  test("takes part in rounds with Node clients, and its report is in every aggregate", async () => {
    const federation = await startServerForTest();
    const { server, taskFinished, query } = federation;
    const members = [250, 180, 220].map(nodeMember);
    const task = await startTask(server, digitsTask(members.length + 1, ROUNDS));
    const clients = joinFromNode(server, members, trainer);
    const { page, faults } = await openPage(browser);

    await page.goto(`${built.url}?${query({ seed: String(WRITER) })}`);
    await page.getByRole("button", { name: "Join" }).click();
    await Promise.race([taskFinished, clients.ended]);
    await showsText(page, "#status", "The task is finished");

    const rounds = await server.storage.rounds.rounds(task.id);
    const ownCount = Number(await page.locator("#fact-engine").getAttribute("data-example-count"));
    const twin: Member = twinOf(WRITER);
    expect(ownCount).toBe(twin.examples.count);
    expect(rounds.map(({ number }) => number)).toEqual(range(1, ROUNDS));
    for (const round of rounds) {
      expect(round).toMatchObject({
        outcome: "committed",
        selected: 4,
        reported: 4,
        rejected: 0,
        droppedOut: 0,
        exampleCount: 250 + 180 + 220 + ownCount,
      });
    }

    // A Node client that trains on the page's digits changes the model exactly as the page did.
    const committed = await weightsAfter(server, rounds[0]);
    const withTwin = await firstRound([...members, twin], trainer);
    const withoutPage = await firstRound(members, trainer);
    const pagesShare = distance(committed, withoutPage);
    expect(pagesShare).toBeGreaterThan(0.05);
    // Bit for bit, because the fused engine gives the same results in Chromium and in Node.
    expect(distance(committed, withTwin)).toBe(0);

    // The page shows what the server has stored.
    const last = rounds.at(-1)?.checkpoint ?? "";
    await showsText(page, "#try-model", "No model yet", false);
    await showsText(page, "#guess", "Nothing drawn yet");
    expect(await page.locator("#reports").textContent()).toBe(String(ROUNDS));
    expect(await page.locator("#checkpoint").textContent()).toBe(last.slice(0, 8));
    expect(await page.locator("#checkpoint").getAttribute("title")).toContain(last);
    expect(await page.locator("#fact-key").textContent()).toContain("✓ verified");
    expect(await page.locator("#round-title").textContent()).toBe(`Round ${ROUNDS}`);

    // The charts show a score of the initial model and of each round's model, and the page's own
    // training in each round.
    const weights = await weightsAfter(server, rounds.at(-1));
    const plan = decodePlan(task.planBytes);
    const strangers = drawStrangersDigits(crypto);
    const { accuracy = 0 } = await trainer.evaluate({ plan, weights, examples: strangers });
    expect(accuracy).toBeGreaterThan(0.85);
    await showsText(page, "#accuracy-chart .newest", `${(accuracy * 100).toFixed(1)} %`);
    expect(await page.locator("#accuracy-chart .shared circle").count()).toBe(ROUNDS + 1);
    expect(await page.locator("#loss-chart .shared circle").count()).toBe(ROUNDS + 1);
    expect(await page.locator("#accuracy-chart .own circle").count()).toBe(ROUNDS);

    await drawThree(page);
    await showsText(page, "#guess", "Looks like a 3");
    await keepScreenshots(page);
    expect(faults).toEqual([]);
    await clients.leave();
  });

  test("reads a digit that is drawn with the mouse, and one of its own that is chosen by keyboard", async () => {
    const { server, query, taskFinished } = await startServerForTest();
    await startTask(server, digitsTask(2, 3));
    const companion = joinFromNode(server, [nodeMember(50)], trainer);
    const { page, faults } = await openPage(browser);
    await page.goto(`${built.url}?${query({ seed: "5", autojoin: "" })}`);
    await taskFinished;
    await showsText(page, "#try-model", "Read by the model of round 3");

    expect(await probabilities(page)).toEqual([]);
    await drawThree(page);
    await page.locator("#bars li.best").waitFor();
    const drawn = await probabilities(page);
    expect(drawn).toHaveLength(10);
    for (const probability of drawn) expect(probability).toBeGreaterThanOrEqual(0);
    expect(sum(drawn)).toBeCloseTo(1, 5);
    const best = drawn.indexOf(Math.max(...drawn));
    expect(await page.locator("#guess").textContent()).toMatch(new RegExp(`a ${best}$`));

    await page.getByRole("button", { name: "Clear" }).click();
    await showsText(page, "#guess", "Nothing drawn yet");
    expect(await probabilities(page)).toEqual([]);

    const digit = page.getByRole("button", { name: /^One of my digits, a \d$/ }).first();
    await digit.focus();
    await page.keyboard.press("Enter");
    await page.locator("#bars li.best").waitFor();
    expect(await digit.getAttribute("aria-pressed")).toBe("true");
    expect(sum(await probabilities(page))).toBeCloseTo(1, 5);
    expect(faults).toEqual([]);
    await companion.leave();
  });

  test("leaves at once, and joins again with the model that it had", async () => {
    const { server, query } = await startServerForTest();
    const task = await startTask(server, digitsTask(2, 1_000));
    const companion = joinFromNode(server, [nodeMember(50)], trainer);
    const { page, faults } = await openPage(browser);
    await page.goto(`${built.url}?${query({ seed: "6" })}`);
    await page.getByLabel("Server key").focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(reportsCounted, 2);
    await page.getByRole("button", { name: "Leave" }).click();
    await showsText(page, "#status", "You left");

    const { waitingClients } = await server.coordinator.progress(task);
    expect(waitingClients).toBeLessThanOrEqual(1);
    const before = Number(await page.locator("#reports").textContent());
    const key = page.getByLabel("Server key");
    await key.waitFor();
    expect(await key.inputValue()).toBe(server.serverKey);
    await page.getByRole("button", { name: "Join" }).click();
    await page.waitForFunction(reportsCounted, before + 2);
    // The curve continues where it was, and the model that the page holds is not sent again.
    expect(await page.locator("#accuracy-chart .shared circle").count()).toBeGreaterThan(2);
    await page.getByRole("button", { name: "Leave" }).click();
    await showsText(page, "#status", "You left");
    expect(faults).toEqual([]);
    await companion.leave();
  });

  test("says what to do when the server does not hold the pinned key", async () => {
    const { query } = await startServerForTest();
    const { page, faults } = await openPage(browser);
    await page.goto(`${built.url}?${query({ serverKey: OTHER_KEY, seed: "7", autojoin: "" })}`);

    const alert = page.getByRole("alert");
    await alert.waitFor();
    const text = await alert.innerText();
    expect(text).toContain("SERVER_KEY_MISMATCH");
    expect(text).toContain(
      "Check the address and compare serverKey with the key that the server prints",
    );
    expect(await page.locator("#status").textContent()).toBe("Stopped");
    expect(await page.locator("#fact-key").textContent()).toContain("✗ not proved");
    await page.getByRole("button", { name: "Join" }).waitFor();
    await keepScreenshot(page, "wrong-key");
    expect(faults).toEqual([]);
  });

  test("says that the server cannot be reached, and joins once it can be", async () => {
    const first = await startTestServer();
    const query = first.query({ seed: "8", autojoin: "" });
    const port = Number(new URL(first.server.url).port);
    await first.stop();
    const { page, faults } = await openPage(browser);
    await page.goto(`${built.url}?${query}`);

    const alert = page.getByRole("alert");
    await alert.waitFor();
    const text = await alert.innerText();
    expect(text).toContain("CONNECTION_FAILED");
    expect(text).toContain("Check the address, the network, and that the server runs.");
    expect(text).toMatch(/Trying again/);

    const second = await startServerForTest({ port, dataDir: first.dataDir });
    await startTask(second.server, digitsTask(2, 1));
    const companion = joinFromNode(second.server, [nodeMember(50)], trainer);
    await second.taskFinished;
    await showsText(page, "#reports", "1");
    expect(await alert.isVisible()).toBe(false);
    // The only messages are those that the browser itself prints about each attempt, and about the
    // question whether something else answers there.
    const asked = `request failed: http://127.0.0.1:${port}/`;
    const others = faults.filter(
      (fault) => !fault.includes("ERR_CONNECTION_REFUSED") && fault !== asked,
    );
    expect(others).toEqual([]);
    await companion.leave();
  });

  test("refuses an address without TLS on another machine", async () => {
    const { page, faults } = await openPage(browser);
    const settings = { url: "ws://192.0.2.1:8444", serverKey: OTHER_KEY, seed: "9", autojoin: "" };
    await page.goto(`${built.url}?${new URLSearchParams(settings).toString()}`);
    const alert = page.getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toContain("INSECURE_URL");
    expect(faults).toEqual([]);
  });

  test("runs no code that is made from text, and these tests would notice a breach of its policy", async () => {
    const { page, faults } = await openPage(browser);
    await page.goto(built.url);
    await page.getByRole("button", { name: "Join" }).waitFor();
    expect(faults).toEqual([]);
    const noticed = page.waitForEvent("console", (message) =>
      message.text().includes("violates the following Content Security Policy directive"),
    );
    const title = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'changed'";
      document.body.append(script);
      return document.title;
    });
    expect(title).toBe("Digits · Tributary");
    await noticed;
    expect(faults).not.toEqual([]);
  });
});

async function startServerForTest(
  options?: Parameters<typeof startTestServer>[0],
): Promise<TestServer> {
  const server = await startTestServer(options);
  servers.push(server);
  return server;
}

function nodeMember(count: number): Member {
  const random = seededRandom(crypto, count);
  return { examples: drawWriter(random, count), random };
}

/** The digits and the randomness of the page that is this writer. */
function twinOf(writer: number): Member {
  const random = writerRandom(crypto, writer);
  return { examples: drawOwnDigits(random), random: random.derive("client") };
}

/**
 * Waits until an element's text contains this part or, with `shown` false, no longer contains it.
 */
async function showsText(page: Page, selector: string, text: string, shown = true): Promise<void> {
  await page.waitForFunction(
    ([target, part, wanted]) =>
      (document.querySelector(target)?.textContent.includes(part) ?? false) === wanted,
    [selector, text, shown] as const,
  );
}

/** Runs in the page: whether at least this number of reports was accepted. */
const reportsCounted = (least: number): boolean =>
  Number(document.querySelector("#reports")?.textContent) >= least;

/** The probabilities that the bars show; empty when they show none. */
async function probabilities(page: Page): Promise<number[]> {
  const shown = await page
    .locator("#bars li")
    .evaluateAll((bars) =>
      bars.map((bar) => (bar instanceof HTMLElement ? bar.dataset["probability"] : undefined)),
    );
  return shown.filter((value) => value !== undefined).map(Number);
}

/** Draws a 3 on the pad with the mouse, from two arcs. */
async function drawThree(page: Page): Promise<void> {
  const box = await page.locator("#pad").boundingBox();
  if (box === null) throw new Error("The pad is not on the page");
  const bow = (y: number, width: number, height: number, from: number, to: number): number[][] =>
    range(0, 24).map((step) => {
      const angle = ((from + ((to - from) * step) / 24) * Math.PI) / 180;
      return [0.46 + width * Math.cos(angle), y + height * Math.sin(angle)];
    });
  const points = [...bow(0.32, 0.17, 0.17, 205, 440), ...bow(0.66, 0.2, 0.19, -80, 150)];
  const [first = [0, 0], ...others] = points.map(([x = 0, y = 0]) => [
    box.x + x * box.width,
    box.y + y * box.height,
  ]);
  await page.mouse.move(first[0] ?? 0, first[1] ?? 0);
  await page.mouse.down();
  for (const [x = 0, y = 0] of others) await page.mouse.move(x, y);
  await page.mouse.up();
}

/**
 * Takes screenshots: light, dark, and as wide as a phone. With `UPDATE_SCREENSHOT=1`, the light one
 * becomes the picture in the docs.
 */
async function keepScreenshots(page: Page): Promise<void> {
  const picture = await keepScreenshot(page, "light");
  if (process.env["UPDATE_SCREENSHOT"] === "1") {
    const folder = new URL("docs/img/", ROOT);
    await mkdir(folder, { recursive: true });
    await writeFile(new URL("browser-digits.png", folder), picture);
  }
  expect(picture.length).toBeLessThan(300_000);
  await page.emulateMedia({ colorScheme: "dark" });
  await keepScreenshot(page, "dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 390, height: 844 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBe(390);
  await keepScreenshot(page, "phone", true);
}

async function keepScreenshot(page: Page, name: string, fullPage = false): Promise<Buffer> {
  const path = fileURLToPath(new URL(`test-results/browser-digits-${name}.png`, ROOT));
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  return page.screenshot({ path, fullPage, animations: "disabled" });
}

function distance(a: Float32Array, b: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return Math.sqrt(squares);
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
