import { Command } from "commander";
import { createOutput, wholeNumber } from "@tributary/cli";
import { runConnections, type ConnectionsResult } from "./run-connections.ts";

interface ConnectionsFlags {
  readonly clients: number;
  readonly json?: true;
}

/** `bench connections`. */
export function connectionsCommand(): Command {
  return new Command("connections")
    .description(
      "Connect many clients to a server over TLS. Measures the memory that an idle client takes, and the check-ins that the server answers per second.",
    )
    .option("--clients <count>", "clients to connect", wholeNumber(1, 16_384), 1_000)
    .option("--json", "print the result as one line of JSON")
    .action(async (flags: ConnectionsFlags) => {
      const output = createOutput(flags.json === true);
      const result = await runConnections(flags.clients, (line) => output.say(line));
      output.result(result, describe(result));
    });
}

function describe(result: ConnectionsResult): string {
  return [
    `connected   ${result.connected} of ${result.clients} clients, ${result.connectsPerSecond} per second; ${result.held} are still connected at the end`,
    `memory      ${result.kibPerConnection} KiB per connection (${result.idleRssMiB} MiB before, ${result.connectedRssMiB} MiB after)`,
    `check-ins   ${result.checkInsPerSecond} per second (${result.refusedPerSecond} when they are rejected, ${result.acceptedPerSecond} when they are accepted)`,
  ].join("\n");
}
