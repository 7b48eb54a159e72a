import { Command } from "commander";
import { runConnections } from "../bench/run-connections.ts";
import { runHostile } from "../bench/run-hostile.ts";
import { wholeNumber } from "../options.ts";
import { createOutput } from "../output.ts";
import { benchAggregateCommand } from "./bench-aggregate.ts";
import { benchCodecCommand } from "./bench-codec.ts";

export function benchCommand(): Command {
  const bench = new Command("bench").description(
    "Measure codecs, and a server of its own on this machine: the real one, in a process of its own.",
  );

  bench.addCommand(benchAggregateCommand());
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
