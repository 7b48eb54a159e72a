import { Command, Option } from "commander";
import type { DownloadSpec } from "@tributary/protocol";
import { runAggregate } from "../bench/run-aggregate.ts";
import { finiteNumber, wholeNumber } from "../options.ts";
import { createOutput, formatBytes } from "../output.ts";

interface AggregateFlags {
  clients: number;
  parameters: number;
  codec: string;
  bits?: number;
  fraction?: number;
  entropy?: true;
  down: DownloadSpec["encoding"];
  rounds: number;
  seed: number;
  databaseUrl?: string;
  json?: true;
}

/** `bench aggregate`. */
export function benchAggregateCommand(): Command {
  return new Command("aggregate")
    .description("Processor time, memory and delays of rounds whose clients all report at once.")
    .option("--clients <count>", "clients in a round", wholeNumber(1, 4_096), 100)
    .option("--parameters <count>", "size of the model", wholeNumber(1, 67_108_864), 1_663_370)
    .option("--codec <name>", "how updates are encoded, as in a task's plan.update", "uniform")
    .option("--bits <number>", "bits a value, where the codec has a choice", finiteNumber)
    .option("--fraction <number>", "share of the values that is sent, where it has", finiteNumber)
    .option("--entropy", "code the symbols in as many bits as their rarity asks for")
    .addOption(
      new Option("--down <name>", "how the model travels")
        .choices(["float32", "float16", "difference"])
        .default("float32"),
    )
    .option("--rounds <count>", "rounds that count, after one to warm up", wholeNumber(1, 100), 5)
    .option("--seed <number>", "seed of the model and the updates", wholeNumber(0), 1)
    .option("--database-url <url>", "keep checkpoints in this Postgres instead of in memory")
    .option("--json", "print one JSON line")
    .action(async (flags: AggregateFlags) => {
      const output = createOutput(flags.json === true);
      const { codec, bits, fraction, entropy, databaseUrl, ...rest } = flags;
      const result = await runAggregate(
        {
          ...rest,
          update: {
            codec,
            ...(bits === undefined ? {} : { bits }),
            ...(fraction === undefined ? {} : { fraction }),
            ...(entropy === undefined ? {} : { entropy }),
          },
          ...(databaseUrl === undefined ? {} : { databaseUrl }),
        },
        (line) => output.say(line),
      );
      output.result(
        result,
        [
          `processor   ${result.serverCpuSecondsPerRound} s a round, ${result.ratio} of the floor (${result.floorCpuSecondsPerRound} s: the same bytes and nothing else)`,
          `time        ${result.secondsPerRound} s a round`,
          `memory      ${result.peakRssMiB} MiB at most`,
          `event loop  ${result.worstEventLoopDelayMs} ms late at worst`,
          `a client    ${formatBytes(result.bytesUpPerClient)} up, ${formatBytes(result.bytesDownPerClient)} down a round`,
        ].join("\n"),
      );
    });
}
