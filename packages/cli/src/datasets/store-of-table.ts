import {
  mapTable,
  tableExampleStore,
  type ExampleStore,
  type ExampleTable,
  type Examples,
} from "@tributary/client-sdk";
import {
  doubtsAbout,
  draftContract,
  type DraftOptions,
  type TextTable,
} from "@tributary/simulator";
import { namingOptions, settingOption } from "../terminal/setting-options.ts";
import { describeMapped } from "./describe-table.ts";

/** What is needed besides the rows of a table to make examples of them. */
interface StoreDeps {
  /** The table that the rows are of: without a data contract, its parts number classes alike. */
  readonly whole: TextTable;
  /** What to make of the columns without a data contract. */
  readonly draft: DraftOptions;
  /** Is told which columns are doubtful, which rows were left out, and what was filled in. */
  readonly say: (line: string) => void;
}

/**
 * Wraps rows of a table in a store. They become examples as the data contract of each plan says, and
 * for a plan without one, by a contract that is drafted from their own table.
 */
export function storeOfTable(rows: ExampleTable, { whole, draft, say }: StoreDeps): ExampleStore {
  return tableExampleStore(rows, {
    async withoutContract(): Promise<Examples> {
      const contract = namingOptions(() => draftContract([whole], draft));
      for (const doubt of doubtsAbout([whole], contract, settingOption)) say(doubt);
      const { examples } = await mapTable(rows, contract);
      const { classes } = contract.label;
      // Classes that the user has named are agreed on. Others are those of this table.
      if (draft.classes !== undefined || classes === undefined) return examples;
      return { ...examples, classNames: classes };
    },
    onMapped(mapped) {
      const text = describeMapped(mapped);
      if (text !== undefined) say(text);
    },
  });
}
