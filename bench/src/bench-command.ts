import { Command } from "commander";
import { aggregateCommand } from "./aggregate/aggregate-command.ts";
import { clientCommand } from "./client/client-command.ts";
import { codecCommand } from "./codec/codec-command.ts";
import { connectionsCommand } from "./connections/connections-command.ts";
import { hostileCommand } from "./hostile/hostile-command.ts";
import { simulateCommand } from "./simulate/simulate-command.ts";
import { trainCommand } from "./train/train-command.ts";

/** The verb `bench`, with one command for each benchmark. */
export function benchCommand(): Command {
  return new Command("bench")
    .description(
      "Measure on this machine: a server under load, update codecs, local training, and simulations. The server runs in a process of its own.",
    )
    .addCommand(aggregateCommand())
    .addCommand(clientCommand())
    .addCommand(codecCommand())
    .addCommand(connectionsCommand())
    .addCommand(hostileCommand())
    .addCommand(simulateCommand())
    .addCommand(trainCommand());
}
