import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { auditCommand } from "./commands/audit.ts";
import { clientCommand } from "./commands/client.ts";
import { compareCommand } from "./commands/compare.ts";
import { dataCommand } from "./commands/data.ts";
import { demoCommand } from "./commands/demo.ts";
import { deviceCommand } from "./commands/device.ts";
import { keysCommand } from "./commands/keys.ts";
import { modelCommand } from "./commands/model.ts";
import { partitionCommand } from "./commands/partition.ts";
import { populationCommand } from "./commands/population.ts";
import { roundCommand } from "./commands/round.ts";
import { serveCommand } from "./commands/serve.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { taskCommand } from "./commands/task.ts";
import { tokenCommand } from "./commands/token.ts";
import { reportError } from "./terminal/output.ts";
import { usageError } from "./terminal/usage-error.ts";

/**
 * Builds the `tributary` command with all of its verbs. Nothing runs yet: a caller may add verbs of
 * its own before it calls `runProgram`.
 */
export function createProgram(): Command {
  return new Command("tributary")
    .description("Federated learning: train one model on data that never leaves its owners.")
    .version(packageVersion())
    .addCommand(demoCommand())
    .addCommand(simulateCommand())
    .addCommand(compareCommand())
    .addCommand(partitionCommand())
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
    .addHelpText("after", FIRST_STEPS);
}

const FIRST_STEPS = `
First steps:
  tributary demo                            watch a whole training on this machine
  tributary serve                           start a server
  tributary task create task.yaml --start   give the server a model to train
  tributary client                          take part in the training as a client

Every command explains itself with --help. With --json, it prints its result as one line of JSON.`;

function packageVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

/**
 * Runs the verb that the command line names, and ends the process. The exit code is 0 when the verb
 * did what it was asked to do, 2 when the command line is wrong, and 1 when the verb failed.
 */
export async function runProgram(program: Command): Promise<never> {
  throwUsageErrors(program, program.name());
  const json = process.argv.includes("--json");
  try {
    await program.parseAsync();
    // Worker threads and sockets of a finished command would otherwise keep the process alive.
    process.exit(0);
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    process.exit(reportError(error, json));
  }
}

/**
 * Makes Commander throw instead of printing its own message and ending the process, so that a wrong
 * command line is reported in the same form as every other error.
 * @param typed - The command as a user types it, such as "tributary task create".
 */
function throwUsageErrors(command: Command, typed: string): void {
  command.configureOutput({ outputError: () => {} }).exitOverride((error) => {
    // Commander has already printed the help that was asked for, or that replaces a missing
    // command.
    const isHelp = error.exitCode === 0 || error.code === "commander.help";
    throw isHelp ? error : usageError(error, typed);
  });
  for (const child of command.commands) throwUsageErrors(child, `${typed} ${child.name()}`);
}
