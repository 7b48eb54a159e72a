import { existsSync } from "node:fs";
import { join } from "node:path";
import { TributaryError } from "@tributary/protocol";
import { loadFolder, type CsvOptions, type Dataset } from "@tributary/simulator";

/**
 * Loads the data set that `--data` names.
 * @param source - `mnist`, which is looked for where `tributary data fetch` puts it, or the path of
 *   a folder or of a CSV file.
 * @throws TributaryError `DATA_UNREADABLE` when it is not there or cannot be read.
 */
export function loadNamedDataset(source: string, csv: CsvOptions): Promise<Dataset> {
  return loadFolder(source === "mnist" ? findMnist() : source, csv);
}

function findMnist(): string {
  const folders = ["./data/mnist"];
  const shared = process.env["TRIBUTARY_DATA"];
  if (shared !== undefined) folders.push(join(shared, "mnist"));
  const found = folders.find((folder) => existsSync(folder));
  if (found === undefined) {
    throw new TributaryError("DATA_UNREADABLE", `MNIST is not in ${folders.join(" or ")}`, {
      remedy:
        "Download it with `tributary data fetch mnist`, or give the path of a folder that holds it.",
    });
  }
  return found;
}
