import { Command } from "commander";
import { createOutput, wholeNumber } from "@tributary/cli";
import { runHostile, type HostileResult } from "./run-hostile.ts";

interface HostileFlags {
  readonly seconds: number;
  readonly json?: true;
}

/** `bench hostile`. */
export function hostileCommand(): Command {
  return new Command("hostile")
    .description(
      "Attack a server in every known way while honest clients train on it. Shows whether rounds still complete, and what the attacks cost.",
    )
    .option("--seconds <count>", "how long the attacks go on", wholeNumber(1, 86_400), 30)
    .option("--json", "print the result as one line of JSON")
    .action(async (flags: HostileFlags) => {
      const output = createOutput(flags.json === true);
      const result = await runHostile(flags.seconds, (line) => output.say(line));
      output.result(result, describe(result));
    });
}

function describe(result: HostileResult): string {
  const { connections, sessions, reports } = result.cut;
  return [
    `rounds    ${result.honestRoundsCompleted} committed, with ${result.honestReports} reports of honest clients, ${result.honestRoundsAbandoned} abandoned, ${result.stalls} stalls`,
    `rate      ${result.roundsPerSecond.attacked} rounds a second, ${result.roundsPerSecond.alone} before the attacks`,
    `hostile   ${result.hostileConnections} connections; the server refused or cut ${connections}, failed ${sessions} sessions and refused ${reports} reports`,
    `memory    ${result.idleRssMiB} MiB before the attacks, ${result.peakRssMiB} MiB at most`,
    `crashes   ${result.crashes}`,
  ].join("\n");
}
