import { TributaryError, parseTask } from "@tributary/protocol";
import { chromium, type Page } from "playwright-core";
import { startBenchServer } from "../load/bench-server.ts";
import { CLIENT_MODELS } from "./client-models.ts";
import { HeapMeter } from "./heap-meter.ts";
import type { PageFigures, PageOrder } from "./measured-page.ts";
import { servePage } from "./page-server.ts";

export interface ClientOrder {
  readonly model: keyof typeof CLIENT_MODELS;
  readonly rounds: number;
  readonly examples: number;
  readonly batch: number;
  /** Whether the client has to work in the page, for comparison. */
  readonly inPage: boolean;
  /** The path of Chromium. */
  readonly browser: string;
}

export interface ClientResult extends Omit<ClientOrder, "browser"> {
  /** Where the client worked, and why there. */
  readonly thread: string;
  /** The longest time for which the page could do nothing else, from its load to the end. */
  readonly longestMainThreadTaskMs: number;
  /** The same from the end of the first round on: the SDK is loaded by then. */
  readonly longestTaskInRoundsMs: number;
  readonly tensorsLeaked: number;
  /** By how much the objects of page and Worker have grown after a tenth of the rounds. */
  readonly heapGrowthKiB: number;
  readonly secondsToFirstReport: number;
}

const POPULATION = "pages";
/** How often the newest model is built and disposed, to see whether tensors are left. */
const MODELS = 3;
const LONGEST_ROUND_MS = 120_000;

/** Opens a page in a headless Chromium that takes part in rounds of a real server. */
export async function runClient(
  order: ClientOrder,
  say: (line: string) => void,
): Promise<ClientResult> {
  const { model, rounds, examples, batch, inPage } = order;
  const server = await startBenchServer(["--plain", "--minimum-cohort", "1"]);
  const served = await servePage();
  const browser = await chromium.launch({ executablePath: order.browser, args: ["--no-sandbox"] });
  try {
    const definition = parseTask({
      population: POPULATION,
      name: "page",
      model: { builtin: model },
      plan: { batchSize: batch, optimizer: { name: "sgd", learningRate: 0.01 } },
      round: { goalCount: 1, overselection: 1, minimumFraction: 1 },
      publicModel: true,
      stop: { rounds },
    });
    await server.admin.post("/v1/tasks", { definition, start: true });
    const page = await browser.newPage();
    page.setDefaultTimeout(LONGEST_ROUND_MS);
    const heap = await HeapMeter.attach(await page.context().newCDPSession(page));
    const { url, serverKey } = server.target;
    const featureShape = CLIENT_MODELS[model];
    const asked = {
      url,
      serverKey,
      population: POPULATION,
      featureShape,
      examples,
      rounds,
      inPage,
    };
    await page.goto(
      `${served.url}?order=${encodeURIComponent(JSON.stringify(asked satisfies PageOrder))}`,
    );

    const first = await roundsDone(page, 1);
    await page.evaluate(() => window.beginTasks());
    say(`the first report counted after ${first.secondsToFirstReport?.toFixed(2)} s`);
    await roundsDone(page, Math.ceil(rounds / 10));
    const before = await heap.usedKiB();
    const last = await roundsDone(page, rounds);
    const heapGrowthKiB = Math.round((await heap.usedKiB()) - before);
    const tensorsLeaked = await page.evaluate((times) => window.leakOfModels(times), MODELS);
    return {
      ...{ model, rounds, examples, batch, inPage },
      thread: last.thread ?? "none",
      longestMainThreadTaskMs: tenths(Math.max(first.longestTaskMs, last.longestTaskMs)),
      longestTaskInRoundsMs: tenths(last.longestTaskMs),
      tensorsLeaked,
      heapGrowthKiB,
      secondsToFirstReport: Math.round((last.secondsToFirstReport ?? 0) * 100) / 100,
    };
  } finally {
    await browser.close();
    await served.close();
    await server.stop();
  }
}

/** Waits until the page has reported in so many rounds. */
async function roundsDone(page: Page, rounds: number): Promise<PageFigures> {
  for (;;) {
    const done = await page.waitForFunction(
      (before) => {
        const figures = window.figures?.();
        return figures !== undefined && (figures.rounds > before || figures.ended) && figures;
      },
      (await page.evaluate(() => window.figures?.().rounds)) ?? 0,
      { polling: 100 },
    );
    const figures = (await done.jsonValue()) as PageFigures;
    if (figures.error !== undefined) {
      throw new TributaryError("INTERNAL", `The page stopped: ${figures.error}`);
    }
    if (figures.rounds >= rounds) return figures;
  }
}

const tenths = (value: number): number => Math.round(value * 10) / 10;
