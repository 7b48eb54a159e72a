import { existsSync } from "node:fs";
import { Command, Option } from "commander";
import { createOutput, wholeNumber } from "@tributary/cli";
import { TributaryError } from "@tributary/protocol";
import { CLIENT_MODELS } from "./client-models.ts";
import type { ClientOrder, ClientResult } from "./run-client.ts";

interface ClientFlags {
  readonly runtime: "chromium";
  readonly model: ClientOrder["model"];
  readonly rounds: number;
  readonly examples: number;
  readonly batch: number;
  readonly inPage?: true;
  readonly json?: true;
}

/** `bench client`. */
export function clientCommand(): Command {
  const models = Object.keys(CLIENT_MODELS);
  return new Command("client")
    .description(
      "Have a page take part in the rounds of a server. Measures for how long at a time the page could do nothing else, how long the first report took, and whether memory grows.",
    )
    .addOption(
      new Option("--runtime <name>", "where the page runs")
        .choices(["chromium"])
        .default("chromium"),
    )
    .addOption(
      new Option("--model <name>", "model to train").choices(models).default("mcmahan-2nn"),
    )
    .option("--rounds <count>", "rounds to take part in", wholeNumber(1, 10_000), 50)
    .option("--examples <count>", "examples that the page has", wholeNumber(1, 60_000), 100)
    .option("--batch <count>", "examples in each step", wholeNumber(1, 1_000), 10)
    .option("--in-page", "have the client work in the page and not in a Worker")
    .option("--json", "print the result as one line of JSON")
    .action(async ({ model, rounds, examples, batch, inPage, json }: ClientFlags) => {
      const output = createOutput(json === true);
      const order = { model, rounds, examples, batch, inPage: inPage === true };
      // What drives a browser takes 60 MB, which would count as memory of all other benchmarks.
      const { runClient } = await import("./run-client.ts");
      const result = await runClient({ ...order, browser: chromiumPath() }, (line) =>
        output.say(line),
      );
      output.result(result, describe(result));
    });
}

const USUAL_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** @throws TributaryError `CONFIG_INVALID` when no Chromium is found. */
function chromiumPath(): string {
  const named = process.env["CHROMIUM_PATH"] ?? "";
  const path = (named === "" ? USUAL_PLACES : [named]).find((place) => existsSync(place));
  if (path !== undefined) return path;
  throw new TributaryError("CONFIG_INVALID", "There is no Chromium here", {
    remedy: "Set CHROMIUM_PATH to the path of Chromium or Chrome.",
  });
}

function describe(result: ClientResult): string {
  return [
    `works in     ${result.thread}`,
    `main thread  at most ${result.longestMainThreadTaskMs} ms at a time, ${result.longestTaskInRoundsMs} ms after the first round`,
    `first report ${result.secondsToFirstReport} s after the page began to load`,
    `memory       ${result.heapGrowthKiB} KiB more at the end than after a tenth of ${result.rounds} rounds, ${result.tensorsLeaked} tensors leaked`,
  ].join("\n");
}
