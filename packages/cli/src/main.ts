#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { auditCommand } from "./commands/audit.ts";
import { benchCommand } from "./commands/bench.ts";
import { clientCommand } from "./commands/client.ts";
import { dataCommand } from "./commands/data.ts";
import { demoCommand } from "./commands/demo.ts";
import { deviceCommand } from "./commands/device.ts";
import { keysCommand } from "./commands/keys.ts";
import { modelCommand } from "./commands/model.ts";
import { populationCommand } from "./commands/population.ts";
import { roundCommand } from "./commands/round.ts";
import { serveCommand } from "./commands/serve.ts";
import { taskCommand } from "./commands/task.ts";
import { tokenCommand } from "./commands/token.ts";
import { reportError } from "./output.ts";
import { usageError } from "./usage-error.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { version: string };

const program = new Command("tributary")
  .description("Federated learning: one model from data that never leaves its owners.")
  .version(version)
  .addCommand(demoCommand())
  .addCommand(serveCommand())
  .addCommand(clientCommand())
  .addCommand(taskCommand())
  .addCommand(roundCommand())
  .addCommand(modelCommand())
  .addCommand(keysCommand())
  .addCommand(tokenCommand())
  .addCommand(populationCommand())
  .addCommand(deviceCommand())
  .addCommand(auditCommand())
  .addCommand(dataCommand())
  .addCommand(benchCommand());

/** Every command tells usage errors as it tells all others, and ends the process itself only here. */
function prepare(command: Command, typed: string): void {
  command.configureOutput({ outputError: () => {} }).exitOverride((error) => {
    // Help that was asked for, or that stands in for a command that is missing, has been printed.
    const isHelp = error.exitCode === 0 || error.code === "commander.help";
    throw isHelp ? error : usageError(error, typed);
  });
  for (const child of command.commands) prepare(child, `${typed} ${child.name()}`);
}
prepare(program, program.name());

const json = process.argv.includes("--json");
try {
  await program.parseAsync();
  // Worker threads and sockets of a finished command must not keep the process.
  process.exit();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  process.exit(reportError(error, json));
}
