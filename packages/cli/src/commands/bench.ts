import { Command } from "commander";
import { TributaryError } from "@tributary/protocol";
import type { EngineName, TrainerOptions } from "@tributary/client-sdk";
import { runConnections } from "../bench/run-connections.ts";
import { runHostile } from "../bench/run-hostile.ts";
import { runTrainBench } from "../bench/run-train.ts";
import { TRAIN_MODELS } from "../bench/train-models.ts";
import { backendOption, engineOption, wholeNumber } from "../options.ts";
import { createOutput } from "../output.ts";
import { benchAggregateCommand } from "./bench-aggregate.ts";
import { benchCodecCommand } from "./bench-codec.ts";

interface TrainFlags {
  model: string;
  batch: number;
  steps?: number;
  seconds: number;
  seed: number;
  engine: EngineName;
  backend: NonNullable<TrainerOptions["backend"]>;
  hash?: true;
  compare?: true;
  json?: true;
}

export function benchCommand(): Command {
  const bench = new Command("bench").description(
    "Measure this machine: codecs, local training, and a server in a process of its own.",
  );

  bench.addCommand(benchAggregateCommand());
  bench.addCommand(benchCodecCommand());

  bench
    .command("connections")
    .description("Memory of idle clients over TLS, and check-ins a second.")
    .option("--clients <count>", "clients to connect", wholeNumber(1, 16_384), 1_000)
    .option("--json", "print one JSON line")
    .action(async (flags: { clients: number; json?: true }) => {
      const output = createOutput(flags.json === true);
      const result = await runConnections(flags.clients, (line) => output.say(line));
      output.result(
        result,
        [
          `connected   ${result.connected} of ${result.clients}, ${result.connectsPerSecond} a second; ${result.held} at the end`,
          `memory      ${result.kibPerConnection} KiB a connection (${result.idleRssMiB} to ${result.connectedRssMiB} MiB)`,
          `check-ins   ${result.checkInsPerSecond} a second (${result.refusedPerSecond} refused, ${result.acceptedPerSecond} accepted)`,
        ].join("\n"),
      );
    });

  bench
    .command("hostile")
    .description("Honest rounds while hostile clients of every kind beset the server.")
    .option("--seconds <count>", "how long", wholeNumber(1, 86_400), 30)
    .option("--json", "print one JSON line")
    .action(async (flags: { seconds: number; json?: true }) => {
      const output = createOutput(flags.json === true);
      const result = await runHostile(flags.seconds, (line) => output.say(line));
      const { connections, sessions, reports } = result.cut;
      output.result(
        result,
        [
          `rounds    ${result.honestRoundsCompleted} committed with ${result.honestReports} honest reports, ${result.honestRoundsAbandoned} abandoned`,
          `hostile   ${result.hostileConnections} connections; ${connections} refused or cut, ${sessions} sessions failed, ${reports} reports refused`,
          `memory    ${result.idleRssMiB} MiB idle, ${result.peakRssMiB} MiB at most`,
          `crashes   ${result.crashes}`,
        ].join("\n"),
      );
    });

  bench
    .command("train")
    .description("Local training of one model on noise, on one core.")
    .option("--model <name>", `one of ${Object.keys(TRAIN_MODELS).join(", ")}`, "mcmahan-2nn")
    .option("--batch <count>", "examples a step", wholeNumber(1, 100_000), 10)
    .option("--steps <count>", "steps to take, else as many as --seconds has", wholeNumber(1))
    .option("--seconds <count>", "about how long", wholeNumber(1, 3_600), 3)
    .option("--seed <number>", "decides weights, examples and their order", wholeNumber(0), 1)
    .addOption(engineOption())
    .addOption(backendOption())
    .option("--compare", "time tfjs's wasm backend as well, as shipped and with the SDK's kernels")
    .option("--hash", "name the trained weights by their SHA-256; needs --steps")
    .option("--json", "print one JSON line")
    .action(async (flags: TrainFlags) => {
      const output = createOutput(flags.json === true);
      if (flags.hash === true && flags.steps === undefined) {
        throw new TributaryError("BAD_PARAMETER", "--hash is given without --steps", {
          remedy: "Say how many steps to take: only then do runs end in the same weights.",
        });
      }
      const { model: name, batch, steps, seconds, seed, engine, backend } = flags;
      const { weightsSha256, ...result } = await runTrainBench({
        ...{ name, batch, steps, seconds, seed },
        trainer: { engine, backend },
        compare: flags.compare === true,
      });
      output.result(
        flags.hash === true ? { ...result, weightsSha256 } : result,
        [
          `engine    ${result.engine} on ${result.backend}, batches of ${batch}`,
          `steps     ${result.stepsPerSecond} a second (${result.steps} in ${result.seconds} s)`,
          `GFLOP/s   ${result.gflops}, ${Math.round(100 * result.fractionOfSimdLimit)} % of the ${result.simdLimitGflops} that registers alone reach here`,
          ...(flags.compare === true
            ? [
                `tfjs wasm ${result.tfjsWasmStepsPerSecond ?? "–"} a second, ${result.tfjsWasmShipped ?? "cannot train it"} as shipped`,
              ]
            : []),
          ...(flags.hash === true ? [`weights   ${weightsSha256}`] : []),
        ].join("\n"),
      );
    });
  return bench;
}
