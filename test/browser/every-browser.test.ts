import { fileURLToPath } from "node:url";
import { createTrainer, type LocalTrainer, type ParticipationEvent } from "@tributary/client-sdk";
import { checkpointIdOf, seededRandom } from "@tributary/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
  type TestServer,
} from "./federation.ts";
import { launchFirefox } from "./firefox.ts";
import type { OtherBrowser } from "./other-browser.ts";
import { launchWebKit } from "./webkit.ts";

const FOLDER = fileURLToPath(new URL("./client-page/", import.meta.url));
const COMPANION: Member = { examples: stripedImages(), random: seededRandom(crypto, 11) };
const PAGE_RANDOM = seededRandom(crypto, 4).derive("client");

/** The page shows its events, as JSON, when its round has ended. */
const IS_WHOLE = /^\{/;

let built: BuiltPage;
let federation: TestServer;
let trainer: LocalTrainer;
/** The checkpoint of the same round with clients in Node alone. */
let inNode: string;

beforeAll(async () => {
  [federation, built, trainer] = await Promise.all([
    startTestServer(),
    servePage({
      root: FOLDER,
      configFile: false,
      build: { target: "es2022", rolldownOptions: { input: `${FOLDER}strict.html` } },
    }),
    createTrainer(),
  ]);
  const weights = await firstRound(
    [{ examples: stripedImages(), random: PAGE_RANDOM }, COMPANION],
    trainer,
  );
  inNode = checkpointIdOf(crypto, new Uint8Array(weights.buffer));
});

afterAll(async () => {
  await federation?.close();
  await built?.close();
  trainer?.dispose();
});

async function launchedChromium(): Promise<OtherBrowser> {
  const browser = await launchChromium();
  return {
    async textOf(url, isWhole) {
      const { page } = await openPage(browser);
      await page.goto(url);
      const body = page.locator("body", { hasText: isWhole });
      await body.waitFor({ state: "attached" });
      return body.innerText();
    },
    close: () => browser.close(),
  };
}

const BROWSERS = [
  { name: "Chromium", launch: launchedChromium },
  { name: "Firefox", launch: launchFirefox },
  // WebKit's own port runs on Linux; Apple's browser has other drivers.
  ...(process.platform === "linux" ? [{ name: "WebKit", launch: launchWebKit }] : []),
];

describe.each(BROWSERS)("under a strict policy, a client in $name", ({ launch }) => {
  let browser: OtherBrowser;

  beforeAll(async () => {
    browser = await launch();
  });

  afterAll(() => browser?.close());

  test.each([
    { thread: "worker", settings: {} },
    { thread: "page", settings: { inPage: "" } },
  ])(
    "trains the model of a client in Node, to the bit, in the $thread",
    async ({ thread, settings }) => {
      const { server, query } = federation;
      await startTask(server, digitsTask(2, 1));
      const companion = joinFromNode(server, [COMPANION], trainer);
      const seed = JSON.stringify([...(PAGE_RANDOM.seed?.() ?? [])]);
      const url = `${built.url}strict.html?${query({ seed, ...settings })}`;
      const text = await browser.textOf(url, IS_WHOLE);
      await companion.leave();
      const { events } = JSON.parse(text) as { readonly events: readonly ParticipationEvent[] };
      expect(events[0]).toMatchObject({ type: "thread-chosen", thread });
      expect(events.find(({ type }) => type === "engine-chosen")).toMatchObject({
        ...{ engine: "fused", backend: "wasm" },
      });
      expect(events.at(-1)).toMatchObject({
        ...{ type: "round-finished", counted: true },
        outcome: { type: "committed", checkpoint: inNode },
      });
    },
  );
});
