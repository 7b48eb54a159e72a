import { parseUpdate } from "@tributary/protocol";
import { Command, Option } from "commander";
import { distributionNames, type Distribution } from "../bench/distributions.ts";
import { runCodec } from "../bench/run-codec.ts";
import { finiteNumber, wholeNumber } from "../options.ts";
import { createOutput } from "../output.ts";

interface CodecFlags {
  codec: string;
  bits?: number;
  fraction?: number;
  entropy?: true;
  dimension: number;
  distribution: Distribution;
  clients: number;
  trials: number;
  seed: number;
  json?: true;
}

/** `bench codec`: needs no server. */
export function benchCodecCommand(): Command {
  return new Command("codec")
    .description("Error, size and speed of an update codec, on vectors that it draws.")
    .option("--codec <name>", "how updates are encoded, as in a task's plan.update", "eden")
    .option("--bits <number>", "bits a value, where the codec has a choice", finiteNumber)
    .option("--fraction <number>", "share of the values that is sent, where it has", finiteNumber)
    .option("--entropy", "code the symbols in as many bits as their rarity asks for")
    .option("--dimension <count>", "values of a vector", wholeNumber(1, 67_108_864), 8_192)
    .addOption(
      new Option("--distribution <name>", "what the values are drawn from")
        .choices(distributionNames)
        .default("lognormal"),
    )
    .option("--clients <count>", "encodings that are averaged", wholeNumber(1, 100_000), 10)
    .option("--trials <count>", "vectors", wholeNumber(1, 1_000_000), 50)
    .option("--seed <number>", "seed of vectors and encodings", wholeNumber(0), 1)
    .option("--json", "print one JSON line")
    .action((flags: CodecFlags) => {
      const output = createOutput(flags.json === true);
      const { codec, bits, fraction, entropy, ...rest } = flags;
      const spec = parseUpdate({
        codec,
        ...(bits === undefined ? {} : { bits }),
        ...(fraction === undefined ? {} : { fraction }),
        ...(entropy === undefined ? {} : { entropy }),
      });
      const result = runCodec({ ...rest, spec });
      const { nmse, vnmse, nmseError, vnmseError } = result;
      output.result(
        result,
        [
          `one client  error ${vnmse.toPrecision(4)} ± ${vnmseError.toPrecision(2)} of the vector's squared norm`,
          `mean of ${result.clients}  error ${nmse.toPrecision(4)} ± ${nmseError.toPrecision(2)}`,
          `size        ${result.bitsPerCoordinate.toPrecision(5)} bits a value, headers included`,
          `speed       ${result.encodeMBps} MB/s of float32 encoded, ${result.decodeMBps} decoded (${result.kernels})`,
        ].join("\n"),
      );
    });
}
