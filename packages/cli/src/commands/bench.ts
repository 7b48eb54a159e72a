import { Command, Option } from "commander";
import { runAggregate } from "../bench/run-aggregate.ts";
import { runConnections } from "../bench/run-connections.ts";
import { runHostile } from "../bench/run-hostile.ts";
import { wholeNumber } from "../options.ts";
import { createOutput, formatBytes } from "../output.ts";
import { benchCodecCommand } from "./bench-codec.ts";

interface AggregateFlags {
  clients: number;
  parameters: number;
  codec: string;
  bits?: number;
  down: "float32";
  rounds: number;
  seed: number;
  databaseUrl?: string;
  json?: true;
}

export function benchCommand(): Command {
  const bench = new Command("bench").description(
    "Measure codecs, and a server of its own on this machine: the real one, in a process of its own.",
  );

  bench
    .command("aggregate")
    .description("Processor time, memory and delays of rounds whose clients all report at once.")
    .option("--clients <count>", "clients in a round", wholeNumber(1, 4_096), 100)
    .option("--parameters <count>", "size of the model", wholeNumber(1, 67_108_864), 1_663_370)
    .option("--codec <name>", "how updates are encoded", "uniform")
    .option("--bits <count>", "bits a value, where the codec has a choice", wholeNumber(1, 32))
    .addOption(
      new Option("--down <name>", "how the model travels").choices(["float32"]).default("float32"),
    )
    .option("--rounds <count>", "rounds that count, after one to warm up", wholeNumber(1, 100), 5)
    .option("--seed <number>", "seed of the model and the updates", wholeNumber(0), 1)
    .option("--database-url <url>", "keep checkpoints in this Postgres instead of in memory")
    .option("--json", "print one JSON line")
    .action(async (flags: AggregateFlags) => {
      const output = createOutput(flags.json === true);
      const { codec, bits, databaseUrl, ...rest } = flags;
      const result = await runAggregate(
        {
          ...rest,
          update: { codec, ...(bits === undefined ? {} : { bits }) },
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

  bench.addCommand(benchCodecCommand());

  bench
    .command("connections")
    .description("Memory of idle clients over TLS, and check-ins a second.")
    .option("--clients <count>", "clients to connect", wholeNumber(1, 16_384), 1_000)
    .option("--json", "print one JSON line")
    .action(async (flags: { clients: number; json?: true }) => {
      const output = createOutput(flags.json === true);
      const result = await runConnections(flags.clients, (line) => output.say(line));
      output.result(
        result,
        [
          `connected   ${result.connected} of ${result.clients}, ${result.connectsPerSecond} a second; ${result.held} at the end`,
          `memory      ${result.kibPerConnection} KiB a connection (${result.idleRssMiB} to ${result.connectedRssMiB} MiB)`,
          `check-ins   ${result.checkInsPerSecond} a second (${result.refusedPerSecond} refused, ${result.acceptedPerSecond} accepted)`,
        ].join("\n"),
      );
    });

  bench
    .command("hostile")
    .description("Honest rounds while hostile clients of every kind beset the server.")
    .option("--seconds <count>", "how long", wholeNumber(1, 86_400), 30)
    .option("--json", "print one JSON line")
    .action(async (flags: { seconds: number; json?: true }) => {
      const output = createOutput(flags.json === true);
      const result = await runHostile(flags.seconds, (line) => output.say(line));
      const { connections, sessions, reports } = result.cut;
      output.result(
        result,
        [
          `rounds    ${result.honestRoundsCompleted} committed with ${result.honestReports} honest reports, ${result.honestRoundsAbandoned} abandoned`,
          `hostile   ${result.hostileConnections} connections; ${connections} refused or cut, ${sessions} sessions failed, ${reports} reports refused`,
          `memory    ${result.idleRssMiB} MiB idle, ${result.peakRssMiB} MiB at most`,
          `crashes   ${result.crashes}`,
        ].join("\n"),
      );
    });
  return bench;
}
