import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  createTrainer,
  FederatedClient,
  textExampleStore,
  type ExampleStore,
  type ExampleTable,
  type LocalTrainer,
} from "@tributary/client-sdk";
import { builtinModelOf, parseTask, seededRandom } from "@tributary/protocol";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium, openPage } from "./chromium.ts";
import { crypto, startTestServer, type TestServer } from "./federation.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Where to keep screenshots for people to look at; none are kept unless it is set. */
const SCREENSHOTS = process.env["TRIBUTARY_SCREENSHOTS"];

const SIZES = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
] as const;

let browser: Browser;
let trainer: LocalTrainer;

beforeAll(async () => {
  [browser, trainer] = await Promise.all([launchChromium(), createTrainer({ engine: "fused" })]);
});

afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

afterAll(async () => {
  await browser?.close();
  trainer?.dispose();
});

/** Flowers of two kinds, which the length of their petals tells apart. */
const FLOWERS: ExampleTable = {
  columns: ["sepal", "petal", "species"],
  rows: Array.from({ length: 40 }, (_, index) =>
    index % 2 === 0 ? [`5.${index % 9}`, "1.4", "setosa"] : [`6.${index % 9}`, "4.7", "versicolor"],
  ),
};

const FLOWERS_CSV = [FLOWERS.columns, ...FLOWERS.rows].map((row) => row.join(",")).join("\n");

const standard = (mean: number, deviation: number): object => ({
  ...{ type: "numeric", scaling: { method: "standard", mean, deviation } },
});

const PLAN = { optimizer: { name: "sgd", learningRate: 0.3 }, metrics: ["accuracy"] };

const IRIS = {
  population: "iris",
  name: "iris",
  model: { builtin: "mlp", inputs: 2, hidden: [], outputs: 2 },
  examples: {
    features: [
      { name: "sepal", ...standard(5.8, 0.8) },
      { name: "petal", ...standard(3, 1.7) },
    ],
    label: { name: "species", classes: ["setosa", "versicolor"] },
  },
  plan: PLAN,
};

const SIDE = 8;
const DIGITS = {
  population: "digits",
  name: "digits",
  model: { builtin: "mlp", inputs: SIDE * SIDE, hidden: [], outputs: 2 },
  examples: {
    features: [
      {
        ...{ name: "pixel", type: "image", shape: [SIDE, SIDE, 1] },
        scaling: { method: "minMax", minimum: 0, maximum: 255 },
      },
    ],
    label: { name: "digit", classes: ["0", "1"] },
  },
  plan: PLAN,
};

const VERSE = "All the world's a stage, and all the men and women merely players. ".repeat(4);
const TEXT = {
  population: "verse",
  name: "verse",
  model: { builtin: "char-transformer", window: 16, width: 16, blocks: 1, heads: 2 },
  examples: { type: "text", tokenizer: { name: "bytes" }, window: 16 },
  plan: { optimizer: { name: "adam", learningRate: 0.001 }, batchSize: 4 },
};

/** A server that serves the page, with one task of one round that needs the page and a companion. */
async function serve(task: object, companion: ExampleTable | ExampleStore): Promise<TestServer> {
  const served = await startTestServer({ joinPage: true });
  const { server } = served;
  const definition = parseTask({
    ...task,
    round: { goalCount: 2, overselection: 1, minimumFraction: 1 },
    publicModel: true,
    stop: { rounds: 1 },
  });
  const { description, values } = builtinModelOf(
    definition.model as Parameters<typeof builtinModelOf>[0],
    definition,
    seededRandom(crypto, 1),
  );
  const { id } = await server.coordinator.createTask(definition, description, values);
  await server.coordinator.startTask(id);
  const { url, serverKey } = server;
  const { population } = definition;
  const other = new FederatedClient({ url, serverKey, population, examples: companion, trainer });
  const ended = (async () => {
    for await (const event of other.participate()) if (event.type === "round-finished") return;
  })();
  onTestFinished(async () => {
    await other.close();
    await ended;
    await served.close();
  });
  return served;
}

const linkTo = ({ server: { url, serverKey } }: TestServer): string =>
  `${url.replace("ws", "http").replace(/\/$/, "")}/join/#key=${serverKey}`;

/** Opens the page in a context that notes every request which leaves for elsewhere. */
async function openLink(
  served: TestServer,
  viewport: { readonly width: number; readonly height: number },
): Promise<{ page: Page; faults: string[]; outside: string[] }> {
  const { page, faults } = await openPage(browser, { viewport });
  const { host } = new URL(served.server.url);
  const outside: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["blob:", "data:"].includes(url.protocol) && url.host !== host) outside.push(url.href);
  });
  await page.goto(linkTo(served));
  return { page, faults, outside };
}

/** What axe finds that keeps somebody from using the page. */
async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}

async function look(page: Page, name: string): Promise<void> {
  expect(await seriousFindings(page)).toEqual([]);
  const isTooWide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  expect(isTooWide).toBe(false);
  if (SCREENSHOTS === undefined) return;
  const path = `${SCREENSHOTS}/${name}-${page.viewportSize()?.width}.png`;
  await page.screenshot({ path, fullPage: true });
}

/** Gives the files, reads what would be sent, and agrees, all with the keyboard once they are chosen. */
async function takePart(page: Page, name: string): Promise<void> {
  await page.locator("#preview:enabled").focus();
  await look(page, `${name}-data`);
  await page.keyboard.press("Enter");
  await page.locator("#consent:not([hidden])").waitFor();
  await page.locator("#bytes summary").focus();
  await page.keyboard.press("Enter");
  expect(await page.locator("#hex").textContent()).toMatch(/^reportBegin, \d+ bytes\n[0-9a-f ]+/);
  await look(page, `${name}-consent`);
  await page.locator("#agree").focus();
  await page.keyboard.press("Enter");
  await page.locator("#phase", { hasText: "The task has ended" }).waitFor();
  expect(await page.locator("#rounds").textContent()).toBe("1");
}

/** Asks the model about what the form holds, and returns the answer. */
async function ask(page: Page): Promise<string> {
  await page.locator("#model-age", { hasText: "of round 1" }).waitFor();
  await page.locator("#try-form button[type=submit]").click();
  await page.locator("#answer", { hasNotText: "Thinking" }).filter({ hasText: /./ }).waitFor();
  return (await page.locator("#answer").textContent()) ?? "";
}

const csv = (text: string): { name: string; mimeType: string; buffer: Buffer } => ({
  ...{ name: "flowers.csv", mimeType: "text/csv", buffer: Buffer.from(text) },
});

describe.each(SIZES)("the join page at $width px", (size) => {
  test("takes part with a table, and gives its model without a connection too", async () => {
    const served = await serve(IRIS, FLOWERS);
    const { page, faults, outside } = await openLink(served, size);
    await page.locator("#columns li", { hasText: "petal: number" }).waitFor();
    await page.setInputFiles("#files", csv(FLOWERS_CSV));
    await takePart(page, "iris");
    await page.getByLabel("sepal").fill("5.1");
    await page.getByLabel("petal").fill("1.4");
    expect(await ask(page)).toMatch(/^setosa \(\d+ % sure\)$/);
    await look(page, "iris-trained");
    expect(outside).toEqual([]);
    expect(faults).toEqual([]);

    await page.evaluate(() => navigator.serviceWorker.ready);
    await served.stop();
    await page.reload();
    await page.locator("#model-age", { hasText: "It was kept on this device" }).waitFor();
    await page.getByLabel("sepal").fill("6.1");
    await page.getByLabel("petal").fill("4.7");
    expect(await ask(page)).toMatch(/^versicolor/);
    await look(page, "iris-offline");
  });

  test("takes part with pictures", async () => {
    const rows = [0, 1].map((digit) => [...strokes(digit), String(digit)]);
    const columns = [...Array.from({ length: SIDE * SIDE }, (_, i) => `pixel${i}`), "digit"];
    const served = await serve(DIGITS, { columns, rows });
    const { page, faults } = await openLink(served, size);
    await page.locator("#needs", { hasText: "Pictures" }).waitFor();
    const pictures = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => ({
        ...{ name: `${index % 2}-${index}.png`, mimeType: "image/png" },
        buffer: await pictureOf(page, index % 2),
      })),
    );
    await page.setInputFiles("#files", pictures);
    await page.locator("#given", { hasText: "8 pictures" }).waitFor();
    await takePart(page, "digits");
    await page.setInputFiles("#try-form input[type=file]", pictures[1]!);
    expect(await ask(page)).toMatch(/^1 \(/);
    await look(page, "digits-trained");
    expect(faults).toEqual([]);
  });

  test("takes part with a text", async () => {
    const served = await serve(TEXT, textExampleStore(VERSE, { window: 16 }));
    const { page, faults } = await openLink(served, size);
    await page.locator("#needs", { hasText: "A text file" }).waitFor();
    const verse = { name: "verse.txt", mimeType: "text/plain", buffer: Buffer.from(VERSE) };
    await page.setInputFiles("#files", verse);
    await takePart(page, "verse");
    expect(await ask(page)).toMatch(/^The ./);
    await look(page, "verse-trained");
    expect(faults).toEqual([]);
  });
});

test("says in plain words what is wrong with a link, a table and a server", async () => {
  const served = await serve(IRIS, FLOWERS);
  const { page } = await openPage(browser);
  const link = linkTo(served);
  const says = (text: string | RegExp): Promise<void> =>
    page.locator("#problem", { hasText: text }).waitFor();
  await page.goto(link.split("#")[0]!);
  await says("This link has no server key");
  await page.goto(link.slice(0, -4));
  await page.reload();
  await says("The server key in this link is cut off or mistyped");
  await look(page, "link-problem");
  await page.goto(link);
  await page.reload();
  await page.locator("#data:not([hidden])").waitFor();
  await page.setInputFiles("#files", csv("sepal,species\n5.1,setosa\n"));
  await says(/petal/);
  await page.setInputFiles("#files", csv("sepal,petal,species\n5.1,1.4,rose\n"));
  await says(/rose/);
  await look(page, "table-problem");
  expect(await page.locator("#preview").isEnabled()).toBe(false);
});

/** A picture of a 0 or a 1, from 0 to 255. */
const strokes = (digit: number): readonly number[] =>
  Array.from({ length: SIDE * SIDE }, (_, index) => {
    const [x, y] = [index % SIDE, Math.floor(index / SIDE)];
    const isStroke = digit === 1 ? x === 4 : x === 1 || x === 6 || y === 0 || y === 7;
    return isStroke ? 255 : 0;
  });

/** The same as a PNG, which the page's browser makes. */
async function pictureOf(page: Page, digit: number): Promise<Buffer> {
  const url = await page.evaluate(
    ({ pixels, side }) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
      const image = new ImageData(side, side);
      pixels.forEach((value, index) => image.data.set([value, value, value, 255], 4 * index));
      canvas.getContext("2d")?.putImageData(image, 0, 0);
      return canvas.toDataURL("image/png");
    },
    { pixels: strokes(digit), side: SIDE },
  );
  return Buffer.from(url.split(",")[1]!, "base64");
}
