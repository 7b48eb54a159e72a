import { Command } from "commander";
import { backendOption, createOutput, engineOption, wholeNumber } from "@tributary/cli";
import type { EngineName, TrainerOptions } from "@tributary/client-sdk";
import { TributaryError } from "@tributary/protocol";
import { runTrainBench, type TrainBenchResult } from "./run-train.ts";
import { TRAIN_MODELS } from "./train-models.ts";

interface TrainFlags {
  readonly model: string;
  readonly batch: number;
  readonly steps?: number;
  readonly seconds: number;
  readonly seed: number;
  readonly engine: EngineName;
  readonly backend: NonNullable<TrainerOptions["backend"]>;
  readonly hash?: true;
  readonly compare?: true;
  readonly json?: true;
}

/** `bench train`. It needs no server. */
export function trainCommand(): Command {
  return new Command("train")
    .description(
      "Measure how fast this machine trains a model locally, on random examples and on one core.",
    )
    .option(
      "--model <name>",
      `model to train: ${Object.keys(TRAIN_MODELS).join(", ")}`,
      "mcmahan-2nn",
    )
    .option("--batch <count>", "examples in each step", wholeNumber(1, 100_000), 10)
    .option(
      "--steps <count>",
      "steps to take (default: as many as fit in --seconds)",
      wholeNumber(1),
    )
    .option("--seconds <count>", "how long to train, approximately", wholeNumber(1, 3_600), 3)
    .option(
      "--seed <number>",
      "seed of the weights, of the examples and of their order",
      wholeNumber(0),
      1,
    )
    .addOption(engineOption())
    .addOption(backendOption())
    .option(
      "--compare",
      "also measure TensorFlow.js's wasm backend, as it is shipped and with the SDK's kernels",
    )
    .option("--hash", "print the SHA-256 of the trained weights; requires --steps")
    .option("--json", "print the result as one line of JSON")
    .action(async (flags: TrainFlags) => {
      if (flags.hash === true && flags.steps === undefined) {
        throw new TributaryError("BAD_PARAMETER", "--hash is given without --steps", {
          remedy:
            "Add --steps: two runs end with the same weights only if they take as many steps.",
        });
      }
      const { model: name, batch, steps, seconds, seed, engine, backend } = flags;
      const { weightsSha256, ...speed } = await runTrainBench({
        ...{ name, batch, steps, seconds, seed },
        // A hash is there to be compared with that of another machine.
        trainer: { engine, backend, repeatable: flags.hash === true },
        compare: flags.compare === true,
      });
      createOutput(flags.json === true).result(
        flags.hash === true ? { ...speed, weightsSha256 } : speed,
        [
          ...describe(speed, flags.compare === true),
          ...(flags.hash === true ? [`weights   ${weightsSha256}`] : []),
        ].join("\n"),
      );
    });
}

function describe(speed: Omit<TrainBenchResult, "weightsSha256">, compared: boolean): string[] {
  const percent = Math.round(100 * speed.fractionOfSimdLimit);
  const { tfjsWasmStepsPerSecond, tfjsWasmShipped } = speed;
  return [
    `engine    ${speed.engine} on ${speed.backend}, batches of ${speed.batch}`,
    `steps     ${speed.stepsPerSecond} per second (${speed.steps} in ${speed.seconds} s)`,
    `GFLOP/s   ${speed.gflops}, which is ${percent} % of the ${speed.simdLimitGflops} that SIMD instructions on registers reach here`,
    ...(compared
      ? [
          `tfjs wasm ${tfjsWasmStepsPerSecond ?? "–"} steps per second, ${tfjsWasmShipped ?? "cannot train the model"} as it is shipped`,
        ]
      : []),
  ];
}
