import { fileURLToPath } from "node:url";
import { createTrainer, type LocalTrainer, type ParticipationEvent } from "@tributary/client-sdk";
import { seededRandom } from "@tributary/protocol";
import puppeteer, { type Browser, type CDPSession, type Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { servePage, type BuiltPage } from "./built-page.ts";
import { stripedImages } from "./client-page/striped-images.ts";
import {
  crypto,
  digitsTask,
  joinFromNode,
  startTask,
  startTestServer,
  type Member,
  type TestServer,
} from "./federation.ts";

const FOLDER = fileURLToPath(new URL("./client-page/", import.meta.url));
const COMPANION: Member = { examples: stripedImages(), random: seededRandom(crypto, 11) };

const PHONE = { width: 390, height: 844, deviceScaleFactor: 3, hasTouch: true, isMobile: true };

/** A page in the background draws nothing, so that it is asked by a timer and not by its frames. */
const PATIENTLY = { polling: 50, timeout: 90_000 };

/** Playwright pretends that every page has the focus, and Chromium freezes no such page. */
function launchChromium(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM_PATH"] ?? "";
  return puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

let browser: Browser;
let built: BuiltPage;
let trainer: LocalTrainer;
let federation: TestServer;
let page: Page;
/** What a phone's system does to the page. */
let device: CDPSession;

beforeAll(async () => {
  const client = servePage({ root: FOLDER, configFile: false, build: { target: "es2022" } });
  [built, browser, trainer] = await Promise.all([client, launchChromium(), createTrainer()]);
});

beforeEach(async () => {
  // The server does not wait long for a page whose tab is gone.
  federation = await startTestServer({ limits: { memberReturnMs: 500 } });
  // A page that is slow to go has taken part in one round before it comes back.
  await startTask(federation.server, digitsTask(2, 5));
  page = await (await browser.createBrowserContext()).newPage();
  await page.setViewport(PHONE);
  device = await page.createCDPSession();
});

afterEach(async () => {
  await page.browserContext().close();
  await federation.close();
});

afterAll(async () => {
  await browser?.close();
  await built?.close();
  trainer?.dispose();
});

const open = (settings: Readonly<Record<string, string>> = {}): Promise<unknown> =>
  page.goto(`${built.url}?${federation.query(settings)}`);

const hasSeen = (type: ParticipationEvent["type"]): Promise<unknown> =>
  page.waitForFunction((name) => document.title.includes(` ${name}`), PATIENTLY, type);

/** Lets the second client of the round join, and returns the page's last event. */
async function lastEvent(meanwhile: () => Promise<unknown> = async () => {}): Promise<unknown> {
  const companion = joinFromNode(federation.server, [COMPANION], trainer);
  await meanwhile();
  await page.waitForFunction(() => document.body?.textContent?.startsWith("{"), PATIENTLY);
  await companion.leave();
  const text = await page.evaluate(() => document.body.textContent);
  return (JSON.parse(text) as { readonly events: readonly ParticipationEvent[] }).events.at(-1);
}

const COUNTED = { type: "round-finished", counted: true, outcome: { type: "committed" } };

describe("a page on a phone", () => {
  test("takes part with a slow processor, over a slow link", async () => {
    await device.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await device.send("Network.enable");
    await device.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 150,
      downloadThroughput: 1_000_000,
      uploadThroughput: 1_000_000,
    });
    // The page's own thread is the one that is slowed down.
    await open({ inPage: "" });
    expect(await page.evaluate(() => navigator.maxTouchPoints > 0)).toBe(true);
    expect(await lastEvent()).toMatchObject(COUNTED);
  });

  test.each([
    { thread: "Worker", settings: {} },
    { thread: "page", settings: { inPage: "" } },
  ])(
    "goes on with its round, in the $thread, when it was frozen at its selection",
    async ({ settings }) => {
      await page.evaluateOnNewDocument(() => {
        document.addEventListener("freeze", () => (document.title += " frozen"));
      });
      await open(settings);
      await hasSeen("checked-in");
      await device.send("Page.setWebLifecycleState", { state: "frozen" });
      const selected = new Promise<void>((resolve) => {
        federation.server.events.subscribe(({ type }) => {
          if (type === "round-started") resolve();
        });
      });
      const event = await lastEvent(async () => {
        await selected;
        await device.send("Page.setWebLifecycleState", { state: "active" });
      });
      expect(event).toMatchObject(COUNTED);
      expect(await page.title()).toContain(" frozen");
    },
  );

  test("takes part again when its tab was discarded in mid-round", async () => {
    await open();
    await hasSeen("checked-in");
    const event = await lastEvent(async () => {
      await hasSeen("selected");
      await page.reload();
    });
    expect(event).toMatchObject(COUNTED);
  });
});
