import { fileURLToPath } from "node:url";
import { createTrainer, type LocalTrainer, type ParticipationEvent } from "@tributary/client-sdk";
import { checkpointIdOf, seededRandom } from "@tributary/protocol";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Relay } from "../e2e/support/relay.ts";
import { servePage, type BuiltPage } from "./built-page.ts";
import { launchChromium, openPage } from "./chromium.ts";
import { stripedImages } from "./client-page/striped-images.ts";
import {
  crypto,
  digitsTask,
  firstRound,
  joinFromNode,
  startTask,
  startTestServer,
  type Member,
} from "./federation.ts";

const FOLDER = fileURLToPath(new URL("./client-page/", import.meta.url));

/** The other client of each round, in Node. */
const COMPANION: Member = { examples: stripedImages(), random: seededRandom(crypto, 11) };

let browser: Browser;
let built: BuiltPage;
let trainer: LocalTrainer;

beforeAll(async () => {
  const page = servePage({
    root: FOLDER,
    configFile: false,
    build: {
      target: "es2022",
      rolldownOptions: {
        input: ["index.html", "without-worker.html"].map((page) => FOLDER + page),
      },
    },
  });
  [built, browser, trainer] = await Promise.all([page, launchChromium(), createTrainer()]);
});

afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

afterAll(async () => {
  await browser?.close();
  await built?.close();
  trainer?.dispose();
});

/** What the page shows in the end. */
interface Shown {
  readonly events: readonly ParticipationEvent[];
  /** The length of the checkpoint that the client held after the round. */
  readonly held: number | undefined;
}

/** Has the page take part in the one round of a task, and returns what it shows. */
async function takePart(
  page: Page,
  settings: Readonly<Record<string, string>>,
  path = "",
): Promise<Shown> {
  const { server, query, close } = await startTestServer();
  try {
    await startTask(server, digitsTask(2, 1));
    const companion = joinFromNode(server, [COMPANION], trainer);
    await page.goto(`${built.url}${path}?${query(settings)}`);
    await page.waitForFunction(() => document.body.textContent?.startsWith("{"));
    await companion.leave();
    return JSON.parse(await page.locator("body").innerText()) as Shown;
  } finally {
    await close();
  }
}

const eventOf = <Type extends ParticipationEvent["type"]>(
  { events }: Shown,
  type: Type,
): Extract<ParticipationEvent, { type: Type }> | undefined =>
  events.find((event) => event.type === type) as never;

describe("a client in a page", () => {
  test("works in a Worker, and the round's model is that of a client in Node", async () => {
    const { page, faults } = await openPage(browser);
    await page.addInitScript(() => {
      // Scripts of this kind run in pages and not in Workers.
      const counted = window as typeof window & { compiled?: number };
      counted.compiled = 0;
      for (const name of ["compile", "instantiate"] as const) {
        const real = WebAssembly[name] as (...given: unknown[]) => Promise<never>;
        WebAssembly[name] = (...given: unknown[]) => {
          counted.compiled = (counted.compiled ?? 0) + 1;
          return real(...given);
        };
      }
    });
    const random = seededRandom(crypto, 4).derive("client");
    const seed = JSON.stringify([...(random.seed?.() ?? [])]);
    const shown = await takePart(page, { seed });

    expect(shown.events[0]).toMatchObject({ type: "thread-chosen", thread: "worker" });
    const inNode = await firstRound([{ examples: stripedImages(), random }, COMPANION], trainer);
    expect(eventOf(shown, "round-finished")).toMatchObject({
      counted: true,
      outcome: {
        type: "committed",
        checkpoint: checkpointIdOf(crypto, new Uint8Array(inNode.buffer)),
      },
    });
    expect(shown.held).toBe(inNode.length);
    // Neither ciphers nor kernels were there in the page: what needs them ran elsewhere.
    expect(await page.evaluate(() => (window as { compiled?: number }).compiled)).toBe(0);
    expect(faults).toEqual([]);
  });

  test("starts its Worker from its text where the bundler has left the file behind", async () => {
    const { page } = await openPage(browser);
    await page.route(/worker-[^/]*\.js$/, (route) =>
      /worker-(core|text)/.test(route.request().url())
        ? route.continue()
        : route.fulfill({ status: 404 }),
    );
    const shown = await takePart(page, {});
    expect(shown.events[0]).toMatchObject({
      thread: "worker",
      reason: "the Worker was started from its text",
    });
    expect(eventOf(shown, "round-finished")).toMatchObject({ counted: true });
  });

  test("works in the page where the policy allows no Worker, and says what to add", async () => {
    const { page } = await openPage(browser);
    const shown = await takePart(page, {}, "without-worker.html");
    expect(shown.events[0]).toMatchObject({
      thread: "page",
      reason: expect.stringContaining("Allow blob: in the policy's worker-src") as string,
    });
    expect(eventOf(shown, "round-finished")).toMatchObject({ counted: true });
  });

  test("notices a connection that is dead and silent, and takes part over another", async () => {
    const limits = { heartbeatIntervalMs: 400 };
    const { server, query, close } = await startTestServer({ limits });
    const relay = await Relay.open();
    try {
      relay.leadTo(server.url);
      await startTask(server, digitsTask(2, 1));
      const { page } = await openPage(browser);
      const settings = { url: relay.url, heartbeatMs: `${limits.heartbeatIntervalMs}` };
      await page.goto(`${built.url}?${query(settings)}`);
      await page.waitForFunction(() => document.title.includes(" checked-in"));
      relay.fallSilent();
      await page.waitForFunction(() => document.title.includes(" disconnected"));
      const companion = joinFromNode(server, [COMPANION], trainer);
      await page.waitForFunction(() => document.body.textContent?.startsWith("{"));
      await companion.leave();
      const shown = JSON.parse(await page.locator("body").innerText()) as Shown;
      expect(shown.events[0]).toMatchObject({ thread: "worker" });
      expect(eventOf(shown, "disconnected")).toMatchObject({ cause: "silent" });
      expect(eventOf(shown, "round-finished")).toMatchObject({ counted: true });
    } finally {
      await relay.close();
      await close();
    }
  });

  test("works in the page when the app asks for it", async () => {
    const { page, faults } = await openPage(browser);
    const shown = await takePart(page, { inPage: "" });
    expect(shown.events[0]).toMatchObject({ thread: "page", reason: "the app asks for it" });
    expect(eventOf(shown, "round-finished")).toMatchObject({ counted: true });
    expect(faults).toEqual([]);
  });
});
