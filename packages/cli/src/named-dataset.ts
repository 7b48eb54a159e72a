import { existsSync } from "node:fs";
import { join } from "node:path";
import { TributaryError } from "@tributary/protocol";
import { loadFolder, type CsvOptions, type Dataset } from "@tributary/simulator";

/**
 * The data set that `--data` names: `mnist` where `tributary data fetch` puts it, or the path of a folder or CSV file.
 * @throws TributaryError `DATA_UNREADABLE`.
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
      remedy: "`tributary data fetch mnist` puts it there; or give a folder that has it.",
    });
  }
  return found;
}
