import { readFile } from "node:fs/promises";
import { Command } from "commander";
import {
  TributaryError,
  asTributaryError,
  cryptographicRandom,
  seededRandom,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  FederatedClient,
  holdOut,
  type EngineName,
  type Examples,
  type TrainerOptions,
} from "@tributary/client-sdk";
import { drawWriter, partitionIid } from "@tributary/simulator";
import { csvOptions, withCsvOptions, type CsvFlags } from "../csv-flags.ts";
import { fileKeyStore } from "../file-key-store.ts";
import { loadNamedDataset } from "../named-dataset.ts";
import { backendOption, engineOption, partOf, share, wholeNumber } from "../options.ts";
import { createOutput, formatBytes } from "../output.ts";
import { clientError, participationTeller } from "./client-progress.ts";
import { stopSignal } from "../stop-signal.ts";
import { connectAdmin } from "./admin-options.ts";

interface ClientFlags extends CsvFlags {
  url?: string;
  serverKey?: string;
  ca?: string;
  population: string;
  data: string;
  part?: { index: number; count: number };
  holdOut?: number;
  rounds?: number;
  engine: EngineName;
  backend: NonNullable<TrainerOptions["backend"]>;
  enrolmentToken?: string;
  deviceKey?: string;
  seed?: number;
  dataDir: string;
  json?: true;
}

export function clientCommand(): Command {
  return withCsvOptions(
    new Command("client")
      .description("Take part in training with data of this machine.")
      .option("--url <url>", "the server's gateway; else the server running on --data-dir")
      .option("--server-key <key>", "the key to pin, as `tributary serve` prints it")
      .option("--ca <file>", "certificate to trust, for a server with its own")
      .option("--population <name>", "population to join", "demo")
      .option(
        "--data <source>",
        "writers (digits of one more writer), mnist, or the path of a folder or CSV file",
        "writers",
      )
      .option(
        "--hold-out <share>",
        "evaluate on this share of the data, and do not train on it",
        share,
      )
      .option("--part <k/n>", "use only the k-th of n equal parts of the data", partOf)
      .option("--rounds <count>", "leave after reporting in this many rounds", wholeNumber(1))
      .addOption(engineOption())
      .addOption(backendOption())
      .option("--enrolment-token <jwt>", "for a population that takes enrolment tokens")
      .option("--device-key <file>", "this device's key; made if the file is not there")
      .option("--seed <number>", "makes training repeatable; for experiments", wholeNumber(0))
      .option("--data-dir <folder>", "data folder of a server on this machine", "./.tributary")
      .option("--json", "print one JSON line at the end"),
  ).action(async (flags: ClientFlags) => {
    const output = createOutput(flags.json === true);
    const crypto = createNodeCryptoProvider();
    const random =
      flags.seed === undefined ? cryptographicRandom(crypto) : seededRandom(crypto, flags.seed);
    const server = await findServer(flags);
    const deviceKey = flags.deviceKey === undefined ? undefined : fileKeyStore(flags.deviceKey);
    await deviceKey?.load(); // a file that is no key is an error at once
    const examples = await loadExamples(flags, random);
    const { train, heldOut } =
      flags.holdOut === undefined ? { train: examples } : holdOut(examples, flags.holdOut);
    const client = new FederatedClient({
      url: server.url,
      serverKey: server.serverKey,
      population: flags.population,
      examples: train,
      ...(heldOut === undefined ? {} : { heldOut }),
      engine: flags.engine,
      backend: flags.backend,
      random,
      ...(flags.enrolmentToken === undefined ? {} : { token: flags.enrolmentToken }),
      ...(deviceKey === undefined ? {} : { deviceKey }),
      ...(server.ca === undefined ? {} : { tls: { ca: server.ca } }),
    });
    const aborter = new AbortController();
    void stopSignal().then(() => aborter.abort());
    const tell = participationTeller(output);
    let purpose: "training" | "evaluation" = "training";
    let reports = 0;
    let bytesUp = 0;
    let checkpoint: string | undefined;
    try {
      for await (const event of client.participate({ signal: aborter.signal })) {
        tell(event);
        if (event.type === "selected") ({ purpose } = event);
        if (event.type === "reported") {
          if (purpose === "training") reports += 1;
          bytesUp += event.bytesUp;
        }
        if (event.type !== "round-finished") continue;
        if (event.purpose === "training" && event.outcome.type === "committed") {
          checkpoint = event.outcome.checkpoint;
        }
        if (flags.rounds !== undefined && reports >= flags.rounds) break;
      }
    } catch (error) {
      throw clientError(asTributaryError(error));
    } finally {
      await client.close();
    }
    if (flags.rounds !== undefined && reports < flags.rounds) {
      throw new TributaryError(
        "ABORTED",
        `The client was stopped after ${reports} of ${flags.rounds} rounds`,
      );
    }
    output.result(
      { reports, bytesUp, checkpoint: checkpoint ?? null },
      `reported in ${reports} ${reports === 1 ? "round" : "rounds"}, ${formatBytes(bytesUp)} up`,
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
): Promise<Examples> {
  const { data, part } = flags;
  if (data === "writers") {
    if (part === undefined) return drawWriter(random.derive("writer"), 300);
    throw new TributaryError("BAD_PARAMETER", "--part is given, and writers has no parts", {
      remedy: "Leave it out: each client draws a writer of its own.",
    });
  }
  const { train } = await loadNamedDataset(data, csvOptions(flags));
  if (part === undefined) return train;
  if (train.count < part.count) {
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${data} has ${train.count} examples, fewer than the ${part.count} parts`,
      { remedy: "Divide it into fewer parts." },
    );
  }
  // The parts have to be the same for every client of one data set, whatever their seeds.
  const split = seededRandom(createNodeCryptoProvider(), part.count);
  return partitionIid(train, part.count, split)[part.index]!;
}
