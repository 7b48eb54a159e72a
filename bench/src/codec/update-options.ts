import type { Command } from "commander";
import { finiteNumber } from "@tributary/cli";

/** The options that choose an update codec, as they are typed. */
export interface UpdateFlags {
  readonly codec: string;
  readonly bits?: number;
  readonly fraction?: number;
  readonly entropy?: true;
}

/** Adds the options that choose an update codec. */
export function withUpdateOptions(command: Command, defaultCodec: string): Command {
  return command
    .option(
      "--codec <name>",
      "update codec, by its name in a task file (plan.update.codec)",
      defaultCodec,
    )
    .option("--bits <number>", "bits per value, for codecs that offer a choice", finiteNumber)
    .option(
      "--fraction <number>",
      "fraction of the values that is sent, for codecs that send only some of them",
      finiteNumber,
    )
    .option("--entropy", "compress the codec's output with entropy coding");
}

/** The part of a task file that these options stand for: `plan.update`, not yet checked. */
export function updateOf({ codec, bits, fraction, entropy }: UpdateFlags): UpdateFlags {
  return {
    codec,
    ...(bits === undefined ? {} : { bits }),
    ...(fraction === undefined ? {} : { fraction }),
    ...(entropy === undefined ? {} : { entropy }),
  };
}
