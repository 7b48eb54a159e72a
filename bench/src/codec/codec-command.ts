import { Command, Option } from "commander";
import { createOutput, wholeNumber } from "@tributary/cli";
import { parseUpdate } from "@tributary/protocol";
import { distributionNames, type Distribution } from "./distributions.ts";
import { runCodec, type CodecResult } from "./run-codec.ts";
import { updateOf, withUpdateOptions, type UpdateFlags } from "./update-options.ts";

interface CodecFlags extends UpdateFlags {
  readonly dimension: number;
  readonly distribution: Distribution;
  readonly clients: number;
  readonly trials: number;
  readonly seed: number;
  readonly json?: true;
}

/** `bench codec`. It needs no server. */
export function codecCommand(): Command {
  return withUpdateOptions(
    new Command("codec").description(
      "Measure an update codec on random vectors: the error that it makes, the size of its output, and its speed.",
    ),
    "eden",
  )
    .option("--dimension <count>", "values in each vector", wholeNumber(1, 67_108_864), 8_192)
    .addOption(
      new Option("--distribution <name>", "distribution that the values are drawn from")
        .choices(distributionNames)
        .default("lognormal"),
    )
    .option(
      "--clients <count>",
      "clients that encode the same vector; the error of their mean is measured too",
      wholeNumber(1, 100_000),
      10,
    )
    .option("--trials <count>", "vectors to encode", wholeNumber(1, 1_000_000), 50)
    .option("--seed <number>", "seed of the vectors and of the codec", wholeNumber(0), 1)
    .option("--json", "print the result as one line of JSON")
    .action((flags: CodecFlags) => {
      const { dimension, distribution, clients, trials, seed } = flags;
      const spec = parseUpdate(updateOf(flags));
      const result = runCodec({ spec, dimension, distribution, clients, trials, seed });
      createOutput(flags.json === true).result(result, describe(result));
    });
}

function describe(result: CodecResult): string {
  const { nmse, vnmse, nmseError, vnmseError } = result;
  return [
    `one client  error ${vnmse.toPrecision(4)} ± ${vnmseError.toPrecision(2)}, as a fraction of the vector's squared norm`,
    `mean of ${result.clients}  error ${nmse.toPrecision(4)} ± ${nmseError.toPrecision(2)}`,
    `size        ${result.bitsPerCoordinate.toPrecision(5)} bits per value, headers included`,
    `speed       encodes ${result.encodeMBps} MB of float32 per second and decodes ${result.decodeMBps} MB (${result.kernels} kernels)`,
  ].join("\n");
}
