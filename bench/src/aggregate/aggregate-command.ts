import { Command, Option } from "commander";
import { createOutput, formatBytes, wholeNumber } from "@tributary/cli";
import type { DownloadSpec } from "@tributary/protocol";
import { updateOf, withUpdateOptions, type UpdateFlags } from "../codec/update-options.ts";
import { runAggregate, type AggregateResult } from "./run-aggregate.ts";

interface AggregateFlags extends UpdateFlags {
  readonly clients: number;
  readonly parameters: number;
  readonly down: DownloadSpec["encoding"];
  readonly rounds: number;
  readonly seed: number;
  readonly databaseUrl?: string;
  readonly json?: true;
}

/** `bench aggregate`. */
export function aggregateCommand(): Command {
  return withUpdateOptions(
    new Command("aggregate")
      .description(
        "Measure what a round costs a server when all clients report at the same time: processor time, memory and delays. The same bytes are also sent to a process that only receives them (the floor).",
      )
      .option("--clients <count>", "clients in each round", wholeNumber(1, 4_096), 100)
      .option(
        "--parameters <count>",
        "number of parameters of the model",
        wholeNumber(1, 67_108_864),
        1_663_370,
      ),
    "uniform",
  )
    .addOption(
      new Option("--down <encoding>", "how the model is encoded for its way to the clients")
        .choices(["float32", "float16", "difference"])
        .default("float32"),
    )
    .option(
      "--rounds <count>",
      "rounds to measure, after one round that is not counted",
      wholeNumber(1, 100),
      5,
    )
    .option("--seed <number>", "seed of the model and of the updates", wholeNumber(0), 1)
    .option("--database-url <url>", "keep checkpoints in this Postgres database, not in memory")
    .option("--json", "print the result as one line of JSON")
    .action(async (flags: AggregateFlags) => {
      const output = createOutput(flags.json === true);
      const { clients, parameters, down, rounds, seed, databaseUrl } = flags;
      const result = await runAggregate(
        {
          ...{ clients, parameters, down, rounds, seed },
          update: { ...updateOf(flags) },
          ...(databaseUrl === undefined ? {} : { databaseUrl }),
        },
        (line) => output.say(line),
      );
      output.result(result, describe(result));
    });
}

function describe(result: AggregateResult): string {
  const { serverCpuSecondsPerRound, floorCpuSecondsPerRound, ratio } = result;
  return [
    `processor   ${serverCpuSecondsPerRound} s per round: ${ratio} times the floor of ${floorCpuSecondsPerRound} s`,
    `time        ${result.secondsPerRound} s per round`,
    `memory      ${result.peakRssMiB} MiB at most`,
    `event loop  ${result.worstEventLoopDelayMs} ms late at worst`,
    `per client  ${formatBytes(result.bytesUpPerClient)} up and ${formatBytes(result.bytesDownPerClient)} down in a round`,
  ].join("\n");
}
