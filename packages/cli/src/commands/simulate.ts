import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { TributaryError } from "@tributary/protocol";
import type { ExperimentPlan, ExperimentSummary, StoredResults } from "@tributary/simulator";
import { describeComparison } from "../simulate/describe-comparison.ts";
import { remedyForOtherBits } from "../simulate/other-bits.ts";
import { gathered, wholeNumber } from "../terminal/options.ts";
import { createOutput, type Output } from "../terminal/output.ts";
import { stopSignal } from "../terminal/stop-signal.ts";

interface SimulateFlags {
  readonly set: readonly string[];
  readonly out?: string;
  readonly workers?: number;
  readonly resume?: true;
  readonly tensorboard?: string;
  readonly repeat?: string;
  readonly json?: true;
}

export function simulateCommand(): Command {
  return new Command("simulate")
    .description(
      "Run an experiment: many clients on this machine, by the file that describes task, data and partition.",
    )
    .argument("[file]", "experiment file (YAML or JSON)")
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
    .option(
      "--tensorboard <folder>",
      "also write event files for TensorBoard below this folder, while the experiment runs",
    )
    .option("--resume", "go on with an experiment that was stopped, from its folder of results")
    .option(
      "--repeat <folder>",
      "in place of a file: run the experiment of a folder of results again, and compare the checkpoints",
    )
    .option("--json", "print the result as one line of JSON")
    .action(async (file: string | undefined, flags: SimulateFlags) => {
      const output = createOutput(flags.json === true);
      if (flags.repeat !== undefined) return repeat(flags.repeat, file, flags, output);
      if (file === undefined) {
        throw new TributaryError("BAD_PARAMETER", "There is no experiment to run", {
          remedy: "Give an experiment file, or a folder of results with --repeat.",
        });
      }
      const { parseSetting, readExperiment } = await import("@tributary/simulator");
      const plan = await readExperiment(file, Object.fromEntries(flags.set.map(parseSetting)));
      const { stored, report } = await runExperiment(plan, dirname(file), flags, output);
      const { summary, path: out } = stored;
      output.result(
        { ...figuresOf(summary), ...summary, out, report },
        `${await describeComparison([stored])}\n${checkpointLine(summary)}report in ${report}`,
      );
      requireNoneFailed(summary);
    });
}

/** Runs an experiment into its folder of results, and writes the report. */
async function runExperiment(
  plan: ExperimentPlan,
  folder: string,
  flags: SimulateFlags,
  output: Output,
): Promise<{ readonly stored: StoredResults; readonly report: string }> {
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  // Loaded only here, so that other commands start faster.
  const { showSimulation } = await import("../simulate/show-simulation.ts");
  const { systemClock } = await import("@tributary/client-sdk");
  const simulator = await import("@tributary/simulator");
  const { ResultsFolder, partitionPicture, TensorBoardLog, readResults, simulate, writeReport } =
    simulator;
  const resume = flags.resume === true;
  const path = flags.out ?? freeFolder(join("simulations", plan.name), resume);
  const results = await ResultsFolder.open(path, plan, { resume, clock: systemClock, folder });
  const { tensorboard } = flags;
  const log =
    tensorboard === undefined
      ? undefined
      : new TensorBoardLog(join(tensorboard, basename(resolve(path))), plan, systemClock);
  const shown = showSimulation(output, plan, systemClock);
  const runs = await simulate(plan, {
    signal: stop.signal,
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    ...(resume ? { resume: (_, index) => results.snapshot(index) } : {}),
    async runBegins(run, rounds) {
      const { data } = run.open;
      await results.begin(run.index, rounds);
      const title = `${data.name} divided by ${run.experiment.partition.name}`;
      if (run.index === 0) {
        await results.keepPartition(partitionPicture(data, data.partition, title));
      }
      await log?.begin(run, rounds);
      shown.begin(run, rounds);
    },
    async roundEnded(run, round, snapshot) {
      await results.add(run.index, round, snapshot);
      await log?.add(round);
      shown.round(run, round);
    },
    async runEnded(run, snapshot, error) {
      await results.store(run.index, snapshot);
      await log?.end(error === undefined);
      if (error !== undefined && plan.runs.length > 1) output.say(`stopped: ${error.message}`);
    },
  });
  await results.finish(runs);
  const stored = await readResults(path);
  return { stored, report: await writeReport(stored) };
}

/**
 * Runs a stored experiment again.
 * @throws TributaryError `CHECKPOINT_CORRUPT` when a checkpoint differs.
 */
async function repeat(
  folder: string,
  file: string | undefined,
  flags: SimulateFlags,
  output: Output,
): Promise<void> {
  if (file !== undefined || flags.set.length > 0 || flags.resume === true) {
    throw new TributaryError("BAD_PARAMETER", "--repeat runs what is stored, and nothing else", {
      remedy: "Leave the file, --set and --resume out.",
    });
  }
  const { readResults } = await import("@tributary/simulator");
  const before = await readResults(folder);
  const { stored } = await runExperiment(before.plan, before.environment.folder, flags, output);
  const differing = before.runs.filter((run, i) => run.checkpoint !== stored.runs[i]!.checkpoint);
  if (differing.length === 0) {
    const { path: out } = stored;
    const { length } = before.runs;
    const same = length === 1 ? "The checkpoint is" : `All ${length} checkpoints are`;
    const text = `${same} the same again. Results in ${out}`;
    output.result({ repeated: true, runs: before.runs.length, out }, text);
    return;
  }
  throw new TributaryError(
    "CHECKPOINT_CORRUPT",
    `${differing.length} of ${before.runs.length} checkpoints differ from those of ${folder}`,
    {
      remedy: remedyForOtherBits(before, stored),
      context: { seeds: differing.map(({ seed }) => seed).join(", ") },
    },
  );
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

/** @throws TributaryError `TRAINING_FAILED` when a run has stopped before its end. */
function requireNoneFailed({ runs }: ExperimentSummary): void {
  const failed = runs.filter(({ failure }) => failure !== null);
  const [first] = failed;
  if (first === undefined) return;
  throw new TributaryError(
    "TRAINING_FAILED",
    `${failed.length} of ${runs.length} runs stopped before their end. The first: ${first.failure}`,
    { remedy: "The results are stored: what these runs had, and all of the others." },
  );
}

const checkpointLine = ({ runs }: ExperimentSummary): string =>
  runs.length === 1 ? `checkpoint ${runs[0]!.checkpoint}\n` : "";
