import { Command } from "commander";
import { datasetNames } from "@tributary/simulator/names";
import { createOutput, formatBytes } from "../terminal/output.ts";

export function dataCommand(): Command {
  const data = new Command("data").description("Get data sets for experiments.");
  data
    .command("fetch")
    .argument("<name>", `one of: ${datasetNames.join(", ")}`)
    .description("Download a data set and check that the files are the right ones.")
    .option("--out <folder>", "folder to put it in (default: ./data/NAME)")
    .option("--json", "print the result as one line of JSON")
    .action(async (name: string, options: { out?: string; json?: true }) => {
      const output = createOutput(options.json === true);
      // Loaded only here, so that the help of the command comes at once.
      const { fetchDataset } = await import("@tributary/simulator");
      const folder = options.out ?? `./data/${name}`;
      const fetched = await fetchDataset(name, folder, {
        onProgress: ({ file, receivedBytes, totalBytes }) =>
          output.redraw(`${file}  ${formatBytes(receivedBytes)} of ${formatBytes(totalBytes)}`),
      });
      output.result({ name, ...fetched }, `${name} is in ${fetched.folder}`);
    });
  return data;
}
