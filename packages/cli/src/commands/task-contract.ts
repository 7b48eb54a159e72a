import type { Command } from "commander";
import { TributaryError } from "@tributary/protocol";
import { draftContract } from "@tributary/simulator";
import { describeTable } from "../datasets/describe-table.ts";
import { isOfTables, loadNamedDataset } from "../datasets/named-dataset.ts";
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
    const { reading, draft } = tableChoices(flags);
    const data = await loadNamedDataset(path, reading);
    if (!isOfTables(data)) {
      throw new TributaryError("DATA_UNREADABLE", `${path} holds no table`, {
        remedy: "A contract for images is short: docs/task-file.md shows one.",
      });
    }
    for (const table of data.tables) output.say(describeTable(table));
    const examples = draftContract(data.tables, draft);
    output.result({ examples }, yamlText({ examples }));
  });
}
