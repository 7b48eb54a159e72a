import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { reportError } from "./terminal/output.ts";
import { usageError } from "./terminal/usage-error.ts";

/** What makes each verb, in the order of the help. */
const VERBS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import("./commands/demo.ts")).demoCommand(),
  simulate: async () => (await import("./commands/simulate.ts")).simulateCommand(),
  compare: async () => (await import("./commands/compare.ts")).compareCommand(),
  partition: async () => (await import("./commands/partition.ts")).partitionCommand(),
  serve: async () => (await import("./commands/serve.ts")).serveCommand(),
  client: async () => (await import("./commands/client.ts")).clientCommand(),
  task: async () => (await import("./commands/task.ts")).taskCommand(),
  round: async () => (await import("./commands/round.ts")).roundCommand(),
  model: async () => (await import("./commands/model.ts")).modelCommand(),
  keys: async () => (await import("./commands/keys.ts")).keysCommand(),
  token: async () => (await import("./commands/token.ts")).tokenCommand(),
  population: async () => (await import("./commands/population.ts")).populationCommand(),
  device: async () => (await import("./commands/device.ts")).deviceCommand(),
  audit: async () => (await import("./commands/audit.ts")).auditCommand(),
  data: async () => (await import("./commands/data.ts")).dataCommand(),
};

/**
 * Builds the `tributary` command. Nothing runs yet: a caller may add verbs of its own before it calls
 * `runProgram`.
 * @param verb - What the user has typed first. Only this verb is loaded, which halves the time to
 * start; all are, when it is none of them.
 */
export async function createProgram(verb = process.argv[2]): Promise<Command> {
  const program = new Command("tributary")
    .description("Federated learning: train one model on data that never leaves its owners.")
    .version(packageVersion())
    .addHelpText("after", FIRST_STEPS);
  const isVerb = verb !== undefined && Object.hasOwn(VERBS, verb);
  for (const [name, make] of Object.entries(VERBS)) {
    if (!isVerb || name === verb) program.addCommand(await make());
  }
  return program;
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
