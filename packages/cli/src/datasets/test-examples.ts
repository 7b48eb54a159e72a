import type { Plan } from "@tributary/protocol";
import { agreedExamples, type Examples } from "@tributary/client-sdk";
import { describeTable } from "./describe-table.ts";
import { isOfTables, loadNamedDataset, onlyTable } from "./named-dataset.ts";
import { storeOfTable } from "./store-of-table.ts";
import type { TableChoices } from "./table-flags.ts";
import { areOfText, textReader, type ReadDataset } from "./text-reader.ts";

/** The examples to measure the model of a plan on. */
export type TestExamples = (plan: Plan) => Promise<Examples>;

/**
 * Loads the examples that an operator measures models on: the test examples of a data set that keeps
 * them apart, else all rows of its table or all of its text. They become numbers as the plan's data contract says.
 * @param say - Is told what was found out about a table.
 * @throws TributaryError `DATA_UNREADABLE` when the data is not there or cannot be read.
 */
export async function testExamples(
  source: string,
  { reading, draft }: TableChoices,
  say: (line: string) => void,
): Promise<TestExamples> {
  const data = await loadNamedDataset(source, reading);
  if (!isOfTables(data)) {
    const testOf = (of: ReadDataset): Examples => ("examples" in of ? of.examples : of.test);
    const test = testOf(data);
    const read = areOfText(test)
      ? textReader({ source, reading }, test, testOf)
      : () => Promise.resolve(test);
    return async ({ examples }) => agreedExamples(await read(examples), examples);
  }
  const table = data.test ?? onlyTable(data);
  say(describeTable(table));
  // Both tables of a folder must number their classes alike, and the test table may lack some.
  const whole = data.test === undefined ? table : data.tables[0]!;
  const store = storeOfTable(table, { whole, draft, say });
  return async ({ examples }) => agreedExamples(await store.load(undefined, examples), examples);
}
