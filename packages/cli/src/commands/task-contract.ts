import type { Command } from "commander";
import { tableChoices, withTableOptions, type TableFlags } from "../datasets/table-flags.ts";
import { yamlText } from "@tributary/simulator/files";
import { createOutput } from "../terminal/output.ts";

/**
 * Adds `task contract`: it drafts the section `examples` of a task file from a table that the
 * operator has, such as a sample of what the clients have.
 */
export function addContract(task: Command): void {
  withTableOptions(
    task
      .command("contract")
      .argument("<path>", "file with a table, or folder with tables of one kind")
      .description(
        "Draft the section `examples` of a task file from a table: the data contract that all clients follow.",
      )
      .option("--json", "print the contract as one line of JSON"),
  ).action(async (path: string, flags: TableFlags & { json?: true }) => {
    const output = createOutput(flags.json === true);
    // What reads data is loaded only here: other verbs of tasks start without it.
    const { contractOfTables } = await import("../datasets/contract-of-tables.ts");
    const examples = await contractOfTables(path, tableChoices(flags), (line) => output.say(line));
    output.result({ examples }, yamlText({ examples }));
  });
}
