import { canonicalize, type DataContract, type TextContract } from "@tributary/protocol";
import type { Examples } from "@tributary/client-sdk";
import { readingUnder, type ReadingOptions, type TableDataset } from "@tributary/simulator";
import { isOfTables, loadNamedDataset, type NamedDataset } from "./named-dataset.ts";

/** A data set that is of examples, and not of tables. */
export type ReadDataset = Exclude<NamedDataset, TableDataset>;

/** Whether examples are of text, which has a label at each position. */
export const areOfText = ({ labelShape }: Examples): boolean => labelShape.length > 0;

/**
 * Makes the function that gives the examples of a text under the data contract of each plan. The
 * text is read again for each contract, and the last examples are kept.
 * @param usual - The examples without a contract, or under one that is not about text.
 * @param choose - Those of a data set's examples that are meant.
 */
export function textReader(
  { source, reading }: { readonly source: string; readonly reading: ReadingOptions },
  usual: Examples,
  choose: (data: ReadDataset) => Examples,
): (contract: DataContract | undefined) => Promise<Examples> {
  let kept: { readonly contract: string; readonly examples: Promise<Examples> } | undefined;
  const read = async (contract: TextContract): Promise<Examples> => {
    const data = await loadNamedDataset(source, readingUnder(contract, reading));
    return isOfTables(data) ? usual : choose(data);
  };
  return (contract) => {
    if (contract?.type !== "text") return Promise.resolve(usual);
    const key = canonicalize(contract);
    if (kept?.contract !== key) kept = { contract: key, examples: read(contract) };
    return kept.examples;
  };
}
