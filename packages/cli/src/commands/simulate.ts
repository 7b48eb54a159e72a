import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { systemClock } from "@tributary/client-sdk";
import type { ExperimentSummary } from "@tributary/simulator";
import { showSimulation } from "../simulate/show-simulation.ts";
import { describeSummary } from "../simulate/describe-summary.ts";
import { gathered, wholeNumber } from "../terminal/options.ts";
import { createOutput } from "../terminal/output.ts";
import { stopSignal } from "../terminal/stop-signal.ts";

interface SimulateFlags {
  readonly set: readonly string[];
  readonly out?: string;
  readonly workers?: number;
  readonly resume?: true;
  readonly json?: true;
}

export function simulateCommand(): Command {
  return new Command("simulate")
    .description(
      "Run an experiment: many clients on this machine, by the file that describes task, data and partition.",
    )
    .argument("<file>", "experiment file (YAML or JSON)")
    .option(
      "--set <key=value>",
      "change a value of the file, such as round.goalCount=10; may be given several times",
      gathered,
      [],
    )
    .option("--out <folder>", "folder for the results (default: ./simulations/NAME)")
    .option(
      "--workers <count>",
      "threads that train; the result does not depend on it (default: those of the file, else one per core)",
      wholeNumber(1, 1_024),
    )
    .option("--resume", "go on with an experiment that was stopped, from its folder of results")
    .option("--json", "print the result as one line of JSON")
    .action(async (file: string, flags: SimulateFlags) => {
      const output = createOutput(flags.json === true);
      const stop = new AbortController();
      void stopSignal().then(() => stop.abort());
      // Loaded only here, so that other commands start faster.
      const { ResultsFolder, parseSetting, readExperiment, simulate, summaryOf } =
        await import("@tributary/simulator");
      const plan = await readExperiment(file, Object.fromEntries(flags.set.map(parseSetting)));
      const resume = flags.resume === true;
      const path = flags.out ?? freeFolder(join("simulations", plan.name), resume);
      const folder = dirname(file);
      const results = await ResultsFolder.open(path, plan, { resume, clock: systemClock, folder });
      const shown = showSimulation(output, plan, systemClock);
      const runs = await simulate(plan, {
        signal: stop.signal,
        ...(flags.workers === undefined ? {} : { workers: flags.workers }),
        ...(resume ? { resume: (_, index) => results.snapshot(index) } : {}),
        async runBegins(run, rounds) {
          await results.begin(run.index, rounds);
          shown.begin(run, rounds);
        },
        async roundEnded(run, round, snapshot) {
          await results.add(run.index, round, snapshot);
          shown.round(run, round);
        },
        runEnded: (run, snapshot) => results.store(run.index, snapshot),
      });
      await results.finish(runs);
      const summary = summaryOf(plan, runs);
      output.result(
        { ...figuresOf(summary), ...summary, out: path },
        describeSummary(summary, path),
      );
    });
}

/**
 * The folder, or the first of `NAME-2`, `NAME-3` and so on that is not there yet.
 * @param mayExist - Whether the folder itself is wanted, whatever is in it.
 */
function freeFolder(path: string, mayExist: boolean): string {
  if (mayExist || !existsSync(path)) return path;
  for (let number = 2; ; number++) {
    if (!existsSync(`${path}-${number}`)) return `${path}-${number}`;
  }
}

/** What a program wants to know of an experiment with one run, or else of the mean of the first runs. */
function figuresOf({ groups, runs }: ExperimentSummary): object {
  const [group] = groups;
  return {
    roundsToTarget: group?.roundsToTarget?.mean ?? null,
    finalAccuracy: group?.finalScore["accuracy"]?.mean ?? null,
    checkpoint: runs.length === 1 ? runs[0]!.checkpoint : null,
  };
}
