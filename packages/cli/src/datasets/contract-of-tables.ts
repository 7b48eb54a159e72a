import { TributaryError, type TableContract } from "@tributary/protocol";
import { doubtsAbout, draftContract } from "@tributary/simulator";
import { settingOption } from "../terminal/setting-options.ts";
import { describeTable } from "./describe-table.ts";
import { isOfTables, loadNamedDataset } from "./named-dataset.ts";
import type { TableChoices } from "./table-flags.ts";

/**
 * Drafts the data contract of tables.
 * @param path - A file with a table, or a folder with tables of one kind.
 * @param tell - Is told in a line what each table was found to be, and which columns of numbers are
 *   likely no measures.
 * @throws TributaryError `DATA_UNREADABLE` when there is no table.
 */
export async function contractOfTables(
  path: string,
  { reading, draft }: TableChoices,
  tell: (line: string) => void,
): Promise<TableContract> {
  const data = await loadNamedDataset(path, reading);
  if (!isOfTables(data)) {
    throw new TributaryError("DATA_UNREADABLE", `${path} holds no table`, {
      remedy: "A contract for images is short: docs/task-file.md shows one.",
    });
  }
  for (const table of data.tables) tell(describeTable(table));
  const contract = draftContract(data.tables, draft);
  for (const doubt of doubtsAbout(data.tables, contract, settingOption)) tell(doubt);
  return contract;
}
