import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { TributaryError, cryptographicRandom, seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  FederatedClient,
  type ParticipationEvent,
  type TrainerBackend,
} from "@tributary/client-sdk";
import { drawWriter, loadFolder, partitionIid } from "@tributary/simulator";
import { partOf, wholeNumber } from "../options.ts";
import { createOutput, formatBytes, type Output } from "../output.ts";
import { connectAdmin } from "./admin-options.ts";
import { stopSignal } from "./serve.ts";

interface ClientFlags {
  url?: string;
  serverKey?: string;
  ca?: string;
  population: string;
  data: string;
  part?: { index: number; count: number };
  rounds?: number;
  engine: TrainerBackend;
  seed?: number;
  dataDir: string;
  json?: true;
}

export function clientCommand(): Command {
  return new Command("client")
    .description("Take part in training with data of this machine.")
    .option("--url <url>", "the server's gateway; else the server running on --data-dir")
    .option("--server-key <key>", "the key to pin, as `tributary serve` prints it")
    .option("--ca <file>", "certificate to trust, for a server with its own")
    .option("--population <name>", "population to join", "demo")
    .option(
      "--data <source>",
      "writers (digits of one more writer), or a folder or CSV file",
      "writers",
    )
    .option("--part <k/n>", "use only the k-th of n equal parts of the data", partOf)
    .option("--rounds <count>", "leave after reporting in this many rounds", wholeNumber(1))
    .option("--engine <name>", "auto, tensorflow, wasm or cpu", "auto")
    .option("--seed <number>", "makes training repeatable; for experiments", wholeNumber(0))
    .option("--data-dir <folder>", "data folder of a server on this machine", "./.tributary")
    .option("--json", "print one JSON line at the end")
    .action(async (flags: ClientFlags) => {
      const output = createOutput(flags.json === true);
      const crypto = createNodeCryptoProvider();
      const random =
        flags.seed === undefined ? cryptographicRandom(crypto) : seededRandom(crypto, flags.seed);
      const server = await findServer(flags);
      const client = new FederatedClient({
        url: server.url,
        serverKey: server.serverKey,
        population: flags.population,
        examples: await loadExamples(flags, random),
        engine: flags.engine,
        random,
        ...(server.ca === undefined ? {} : { tls: { ca: server.ca } }),
      });
      const aborter = new AbortController();
      void stopSignal().then(() => aborter.abort());
      let reports = 0;
      let bytesUp = 0;
      let checkpoint: string | undefined;
      try {
        for await (const event of client.participate({ signal: aborter.signal })) {
          show(event, output);
          if (event.type === "reported") {
            reports += 1;
            bytesUp += event.bytesUp;
          }
          if (event.type !== "round-finished") continue;
          if (event.outcome.type === "committed") checkpoint = event.outcome.checkpoint;
          if (flags.rounds !== undefined && reports >= flags.rounds) break;
        }
      } finally {
        await client.close();
      }
      output.result(
        { reports, bytesUp, checkpoint: checkpoint ?? null },
        `reported in ${reports} rounds, ${formatBytes(bytesUp)} up`,
      );
    });
}

async function findServer(
  flags: ClientFlags,
): Promise<{ readonly url: string; readonly serverKey: string; readonly ca?: string }> {
  const { url, serverKey, ca } = flags;
  const read = async (path: string): Promise<string> => {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      throw new TributaryError("CONFIG_INVALID", `The certificate ${path} cannot be read`, {
        remedy: "Give the path of a PEM file.",
        cause: error,
      });
    }
  };
  if (url !== undefined && serverKey !== undefined) {
    return { url, serverKey, ...(ca === undefined ? {} : { ca: await read(ca) }) };
  }
  if (url !== undefined || serverKey !== undefined) {
    throw new TributaryError("BAD_PARAMETER", "Only one of --url and --server-key is given", {
      remedy: "Give both: a client trusts no server whose key it has not been told.",
    });
  }
  const admin = await connectAdmin(flags);
  const info = await admin.json<{ gatewayUrl: string; serverKey: string }>("/v1/info");
  const certPath = ca ?? admin.certPath;
  return {
    url: info.gatewayUrl,
    serverKey: info.serverKey,
    ...(certPath === undefined ? {} : { ca: await read(certPath) }),
  };
}

async function loadExamples(
  flags: ClientFlags,
  random: ReturnType<typeof cryptographicRandom>,
): Promise<ConstructorParameters<typeof FederatedClient>[0]["examples"]> {
  if (flags.data === "writers") return drawWriter(random.derive("writer"), 300);
  const { train } = await loadFolder(flags.data);
  if (flags.part === undefined) return train;
  // The parts have to be the same for every client of one data set, whatever their seeds.
  const split = seededRandom(createNodeCryptoProvider(), flags.part.count);
  return partitionIid(train, flags.part.count, split)[flags.part.index]!;
}

function show(event: ParticipationEvent, output: Output): void {
  switch (event.type) {
    case "connected":
      output.say("connected, the server holds the pinned key");
      break;
    case "rejected":
      output.say(`not now: ${event.message}; back in ${event.retryAfterMs} ms`);
      break;
    case "selected":
      output.say(`round ${event.roundNumber} of "${event.task}"`);
      break;
    case "training":
      output.redraw(
        `  epoch ${event.epoch}  batch ${event.batch}/${event.batches}  loss ${event.loss.toFixed(4)}`,
      );
      break;
    case "trained":
      output.say(
        `  trained: ${Object.entries(event.metrics)
          .map(([name, value]) => `${name} ${value.toFixed(4)}`)
          .join(", ")}`,
      );
      break;
    case "reported":
      output.say(`  reported ${formatBytes(event.bytesUp)}`);
      break;
    case "round-finished":
      output.say(
        event.outcome.type === "committed"
          ? `  new checkpoint ${event.outcome.checkpoint.slice(0, 12)}…`
          : `  round abandoned: ${event.outcome.reason}`,
      );
      break;
    case "withdrawn":
      output.say(`  withdrew: ${event.error.message}`);
      break;
    case "disconnected":
      output.say(`disconnected: ${event.error.message}; again in ${event.retryInMs} ms`);
      break;
    default:
      break;
  }
}
