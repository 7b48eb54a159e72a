import { writeFile } from "node:fs/promises";
import { Command } from "commander";
import { TributaryError } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describePartition } from "../simulate/describe-partition.ts";
import { gathered } from "../terminal/options.ts";
import { createOutput } from "../terminal/output.ts";

interface PartitionFlags {
  readonly set: readonly string[];
  readonly svg?: string;
  readonly json?: true;
}

export function partitionCommand(): Command {
  return new Command("partition")
    .description(
      "Show how an experiment divides its data among clients, without training. Of several seeds and choices it takes the first.",
    )
    .argument("<file>", "experiment file (YAML or JSON)")
    .option(
      "--set <key=value>",
      "change a value of the file, such as partition.name=dirichlet; may be given several times",
      gathered,
      [],
    )
    .option("--svg <file>", "draw the clients' examples by class into this file")
    .option("--json", "print the result as one line of JSON")
    .action(async (file: string, flags: PartitionFlags) => {
      const output = createOutput(flags.json === true);
      // Loaded only here, so that other commands start faster.
      const simulator = await import("@tributary/simulator");
      const { dividedData, parseSetting, partitionPicture, readExperiment } = simulator;
      const plan = await readExperiment(file, Object.fromEntries(flags.set.map(parseSetting)));
      const run = plan.runs[0]!;
      const dataset = await plan.openData(run.experiment);
      const partition = dividedData(run, dataset, createNodeCryptoProvider());
      const { name } = run.experiment.partition;
      if (flags.svg !== undefined) {
        const title = `${dataset.name} divided by ${name}`;
        await writePicture(flags.svg, partitionPicture(dataset, partition, title));
      }
      const result = {
        data: dataset.name,
        partition: run.experiment.partition,
        seed: run.seed,
        ...simulator.summarizePartition(dataset, partition),
        ...(flags.svg === undefined ? {} : { svg: flags.svg }),
      };
      output.result(result, describePartition(result));
    });
}

async function writePicture(path: string, svg: string): Promise<void> {
  try {
    await writeFile(path, svg);
  } catch (cause) {
    throw new TributaryError("BAD_PARAMETER", `The picture ${path} cannot be written`, {
      remedy: "Give the path of a file in a folder that exists and that you may write to.",
      cause,
    });
  }
}
