import { randomInt } from "node:crypto";
import { join } from "node:path";
import { Command } from "commander";
import type { EngineName, TrainerOptions } from "@tributary/client-sdk";
import { decodeCheckpoint, decodePlan, layoutOf } from "@tributary/protocol";
import { csvOptions, withCsvOptions, type CsvFlags } from "../csv-flags.ts";
import { makeDataFolder } from "../data-folder.ts";
import type { DemoObserver } from "../demo/run-demo.ts";
import { backendOption, engineOption, wholeNumber } from "../options.ts";
import { createOutput, formatBytes, formatSeconds, type Output } from "../output.ts";
import { readTaskFile } from "../task-file.ts";
import { stopSignal } from "./serve.ts";
import { writeTfjsFolder } from "../tfjs-folder.ts";

interface DemoFlags extends CsvFlags {
  data: string;
  clients: number;
  rounds?: number;
  task?: string;
  threads?: number;
  seed?: number;
  engine: EngineName;
  backend: NonNullable<TrainerOptions["backend"]>;
  dataDir: string;
  port: number;
  adminPort: number;
  databaseUrl?: string;
  verbose?: true;
  json?: true;
}

export function demoCommand(): Command {
  return withCsvOptions(
    new Command("demo")
      .description("Train a model with many clients on this machine: real server, real sockets.")
      .option("--data <source>", "writers, mnist, or the path of a folder or CSV file", "writers")
      .option("--clients <count>", "clients, in worker threads", wholeNumber(1, 10_000), 20)
      .option(
        "--rounds <count>",
        "rounds of training; else 12, or those of the task",
        wholeNumber(1),
      )
      .option("--task <file>", "task file to run instead of the demo's own")
      .option("--threads <count>", "worker threads; else one a core", wholeNumber(1, 1_000))
      .option("--seed <number>", "makes the run repeatable", wholeNumber(0))
      .addOption(engineOption())
      .addOption(backendOption())
      .option("--data-dir <folder>", "keys, certificate, store and model", "./.tributary")
      .option("--port <port>", "port of the gateway; 0 takes a free one", wholeNumber(0, 65_535), 0)
      .option(
        "--admin-port <port>",
        "port of the admin API; 0 takes a free one",
        wholeNumber(0, 65_535),
        0,
      )
      .option("--database-url <url>", "Postgres instead of the embedded store")
      .option("--verbose", "show the server's log")
      .option("--json", "print one JSON line"),
  ).action(async (flags: DemoFlags) => {
    const output = createOutput(flags.json === true);
    const aborter = new AbortController();
    void stopSignal().then(() => aborter.abort());
    const seed = flags.seed ?? randomInt(2 ** 31);
    // Not from DATABASE_URL: a demo cancels earlier tasks of its population, and that must not happen in production by chance.
    const { databaseUrl } = flags;
    await makeDataFolder(flags.dataDir);
    const { runDemo } = await import("../demo/run-demo.ts");
    const result = await runDemo(
      {
        data: flags.data,
        csv: csvOptions(flags),
        clients: flags.clients,
        ...(flags.rounds === undefined ? {} : { rounds: flags.rounds }),
        ...(flags.threads === undefined ? {} : { threads: flags.threads }),
        ...(flags.task === undefined ? {} : { task: await readTaskFile(flags.task) }),
        seed,
        trainer: { engine: flags.engine, backend: flags.backend },
        dataDir: flags.dataDir,
        port: flags.port,
        adminPort: flags.adminPort,
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
        logLevel: flags.verbose === true ? "info" : "warn",
        signal: aborter.signal,
      },
      drawProgress(output),
    );
    const modelDir = join(flags.dataDir, "model");
    const plan = decodePlan(result.task.planBytes);
    const values = decodeCheckpoint(result.checkpointBytes, layoutOf(plan.model.parameters));
    await writeTfjsFolder(modelDir, plan.model, values);
    const { accuracy } = result.score;
    const up = result.bytesUpPerClientRound;
    const seconds = secondsOf(result.elapsedMs);
    const target = result.target && {
      round: result.target.round,
      seconds: secondsOf(result.target.elapsedMs),
    };
    const { round, evaluation } = result.task.definition;
    // In a smaller cohort than all clients are those that came first, and scores end a task when they come.
    const isRepeatable = round.goalCount === flags.clients && evaluation.judgedBy !== "operator";
    const again = isRepeatable ? `; run it again with --seed ${seed} for the same bits` : "";
    output.result(
      {
        rounds: result.rounds,
        finalAccuracy: accuracy ?? null,
        finalLoss: result.score["loss"] ?? null,
        target: target ?? null,
        clients: flags.clients,
        bytesUpPerClientRound: up,
        bytesDownPerClientRound: result.bytesDownPerClientRound,
        float32BytesPerUpdate: result.float32Bytes,
        checkpoint: result.checkpoint,
        model: modelDir,
        seed,
        seconds,
      },
      [
        "",
        accuracy === undefined
          ? `loss        ${(result.score["loss"] ?? Number.NaN).toFixed(4)} on held-out examples`
          : `accuracy    ${(100 * accuracy).toFixed(2)} % on held-out examples`,
        ...(target === undefined
          ? []
          : [`target      reached by round ${target.round}, scored after ${target.seconds} s`]),
        `traffic     ${formatBytes(up)} up and ${formatBytes(result.bytesDownPerClientRound)} down a client and round; a float32 update alone is ${formatBytes(result.float32Bytes)}`,
        `model       ${modelDir}/model.json (loads in TensorFlow.js)`,
        `checkpoint  ${result.checkpoint}`,
        `time        ${seconds} s${again}`,
      ].join("\n"),
    );
  });
}

const BAR_WIDTH = 24;

function drawProgress(output: Output): DemoObserver {
  return {
    started({ server, task, data, threads, seed }) {
      output.say(
        [
          `Tributary demo: ${data.clients.length} clients in ${threads} threads train on ${data.name}, scored on ${data.test.count} held-out examples`,
          `gateway    ${server.url}`,
          `admin API  ${server.adminUrl}/v1/tasks/${task.id}`,
          `seed       ${seed}`,
          "",
          "round  cohort  accuracy    loss   up/client  down/client   elapsed",
        ].join("\n"),
      );
    },
    report(roundNumber, accepted, cohort) {
      const done = Math.round((BAR_WIDTH * accepted) / Math.max(1, cohort));
      const bar = "█".repeat(done) + "░".repeat(BAR_WIDTH - done);
      output.redraw(`${String(roundNumber).padStart(5)}  ${bar} ${accepted}/${cohort} reports`);
    },
    abandoned(round) {
      output.say(`${String(round.number).padStart(5)}  abandoned (${round.reason}), tried again`);
    },
    round(round, score, elapsedMs) {
      const { accuracy, loss } = score;
      const per = (bytes: number): string => formatBytes(bytes / Math.max(1, round.reported));
      output.say(
        [
          String(round.number).padStart(5),
          `${round.reported}/${round.selected}`.padStart(7),
          (accuracy === undefined ? "–" : `${(100 * accuracy).toFixed(2)} %`).padStart(9),
          (loss ?? Number.NaN).toFixed(4).padStart(7),
          per(round.bytesUp).padStart(11),
          per(round.bytesDown).padStart(12),
          formatSeconds(elapsedMs).padStart(9),
        ].join(" "),
      );
    },
  };
}

/** To a tenth. */
const secondsOf = (ms: number): number => Math.round(ms / 100) / 10;
