import { Command, Option } from "commander";
import { createOutput, engineOption, wholeNumber } from "@tributary/cli";
import type { EngineName } from "@tributary/client-sdk";
import { runSimulateBench, type SimulateBenchResult } from "./run-simulate.ts";
import { workloadNames } from "./simulate-workloads.ts";

interface SimulateFlags {
  readonly workload: string;
  readonly rounds: number;
  readonly workers: number;
  readonly seed: number;
  readonly engine: EngineName;
  readonly json?: true;
}

/** `bench simulate`. It needs no server. */
export function simulateCommand(): Command {
  return new Command("simulate")
    .description(
      "Measure the rounds of a simulation without connections: how long they take, what of it is training, and the memory.",
    )
    .addOption(
      new Option("--workload <name>", "model, number of clients, and examples of each")
        .choices(workloadNames)
        .default("lr-50x50"),
    )
    .option("--rounds <count>", "rounds to measure, after some to warm up", wholeNumber(1), 200)
    .option(
      "--workers <count>",
      "threads that train; 1 is the thread of the command itself",
      wholeNumber(1, 1_024),
      1,
    )
    .option("--seed <number>", "seed of the weights, examples and cohorts", wholeNumber(0), 1)
    .addOption(engineOption().default("fused"))
    .option("--json", "print the result as one line of JSON")
    .action(async ({ json, ...options }: SimulateFlags) => {
      const result = await runSimulateBench(options);
      createOutput(json === true).result(result, describe(result));
    });
}

function describe(result: SimulateBenchResult): string {
  const { clients, cohort, engine, workers, rounds } = result;
  const { secondsPerRound, trainerSecondsPerRound } = result;
  const percent = (100 * result.orchestrationShare).toFixed(1);
  return [
    `rounds    ${rounds}, each with ${cohort} of ${clients} clients, by ${engine} on ${workers} ${workers === 1 ? "thread" : "threads"}`,
    `time      ${secondsPerRound} s a round; trainers worked for ${trainerSecondsPerRound} s of it, over all threads`,
    `otherwise ${percent} % of the threads' time`,
    `memory    ${result.peakRssMiB} MiB at most`,
    `learning  loss ${result.finalLoss} in the last round, checkpoint ${result.checkpoint}`,
  ].join("\n");
}
