import {
  tableExampleStore,
  textExampleStore,
  type ExampleStore,
  type ExampleTable,
} from "@tributary/client-sdk";
import { TributaryError, type DataContract } from "@tributary/protocol";
import { parseTable } from "@tributary/simulator/tables";
import { tableOfImages } from "./images.ts";

/** What a person has given to learn from. */
export interface GivenData {
  /** What it is, for people to read: `iris.csv: 150 rows`. */
  readonly description: string;
  readonly store: ExampleStore;
}

/**
 * Reads the files that a person gives, as the task's data contract needs them. They stay in memory.
 * @throws TributaryError `DATA_UNREADABLE` or `EXAMPLES_INVALID`, which say what to give instead.
 */
export async function readGiven(
  files: readonly File[],
  contract: DataContract | undefined,
): Promise<GivenData> {
  const [first] = files;
  if (first === undefined) throw unusable("Nothing was given", "Choose a file.");
  if (files.every(isImage)) return givenTable(await tableOfImages(files, contract), "picture");
  if (files.length > 1) {
    throw unusable(
      "Several files were given that are not all pictures",
      "Choose one file, or a folder of pictures only.",
    );
  }
  const bytes = new Uint8Array(await first.arrayBuffer());
  if (contract?.type === "text") return givenText(bytes, first.name, contract.window);
  const given = await givenTable(parseTable(bytes, first.name), "row");
  // What is wrong with the columns is said now, and not once training begins.
  if (contract !== undefined) await given.store.load(undefined, contract);
  return given;
}

const isImage = ({ type }: File): boolean => type.startsWith("image/");

async function givenTable(table: ExampleTable, unit: string): Promise<GivenData> {
  const count = table.rows.length;
  return {
    description: `${table.source ?? "Your data"}: ${count} ${count === 1 ? unit : `${unit}s`}`,
    store: tableExampleStore(table),
  };
}

function givenText(bytes: Uint8Array, name: string, window: number): GivenData {
  if (bytes.length <= window) {
    throw unusable(
      `${name} is too short: it has ${bytes.length} bytes`,
      `Give a text of more than ${window} bytes.`,
    );
  }
  return {
    description: `${name}: ${bytes.length.toLocaleString("en")} bytes of text`,
    store: textExampleStore(bytes, { window }),
  };
}

function unusable(message: string, remedy: string): TributaryError {
  return new TributaryError("EXAMPLES_INVALID", message, { remedy });
}
