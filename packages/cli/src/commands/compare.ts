import { Command } from "commander";
import { describeComparison } from "../simulate/describe-comparison.ts";
import { createOutput } from "../terminal/output.ts";

export function compareCommand(): Command {
  return new Command("compare")
    .description(
      "Lay the results of simulations side by side, with a test whether they differ from the first.",
    )
    .argument("<folders...>", "folders of results, as simulate leaves them")
    .option("--out <file>", "write a page with the table and charts of all of them")
    .option("--json", "print the result as one line of JSON")
    .action(async (folders: readonly string[], options: { out?: string; json?: true }) => {
      const output = createOutput(options.json === true);
      const { compare, readResults, writeComparison } = await import("@tributary/simulator");
      const results = await Promise.all(folders.map((folder) => readResults(folder)));
      const comparison = compare(results);
      if (options.out !== undefined) await writeComparison(results, options.out);
      const page = options.out === undefined ? "" : `\npage in ${options.out}`;
      output.result(
        { ...comparison, page: options.out ?? null },
        `${await describeComparison(results)}${page}`,
      );
    });
}
