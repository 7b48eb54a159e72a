import { join } from "node:path";
import { Command, Option } from "commander";
import { PROTOCOL_CONSTANTS, TributaryError, isTributaryError } from "@tributary/protocol";
import type { LogLevel, ServerOptions, ServerSettings, TributaryServer } from "@tributary/server";
import { announceAdmin } from "../admin/admin-client.ts";
import { databaseUrlOf } from "../admin/database-url.ts";
import { makeDataFolder } from "../files/data-folder.ts";
import { readYamlFile } from "@tributary/simulator/files";
import { gathered, namedNumber, wholeNumber } from "../terminal/options.ts";
import { createOutput, type Output } from "../terminal/output.ts";
import { stopSignal } from "../terminal/stop-signal.ts";

interface ServeFlags {
  host: string;
  port: number;
  cert?: string;
  key?: string;
  plain?: true;
  trustedProxy?: readonly string[];
  adminHost: string;
  adminPort: number;
  dataDir: string;
  databaseUrl?: string;
  leaseSeconds: number;
  waitForLease?: true;
  newIdentity?: true;
  aggregationThreads?: number;
  minimumCohort: number;
  joinPage?: true;
  config?: string;
  tlsName?: readonly string[];
  logLevel?: LogLevel;
  limit?: Readonly<Record<string, number>>;
  json?: true;
}

export function serveCommand(): Command {
  return withServeOptions(new Command("serve")).action(async (flags: ServeFlags) => {
    const output = createOutput(flags.json === true);
    const stop = stopSignal();
    const startStopped = new AbortController();
    void stop.then(() => startStopped.abort());
    const settings = (): Promise<ServerSettings> => readSettings(flags);
    // Before the server runs there is nothing to reload, and a hang-up must not end the process.
    let reload = async (): Promise<void> => {};
    process.on("SIGHUP", () => void reload());
    const options = { ...serverOptions(flags), ...(await settings()) };
    await makeDataFolder(flags.dataDir);
    // Loaded only here: it takes half of the time that a command needs to start.
    const { startServer } = await import("@tributary/server");
    const { signal } = startStopped;
    const server = await startServer(options, { signal }).catch((error: unknown) => {
      // Whoever stops a server that still waits for its database has got what was asked for.
      if (signal.aborted && isTributaryError(error, "ABORTED")) return undefined;
      throw error;
    });
    if (server === undefined) return;
    try {
      const withdrawAddress = await announce(server, options, output);
      reload = () => server.reload(settings);
      const lost = await Promise.race([stop, server.lost]);
      output.say("stopping");
      await withdrawAddress();
      if (lost !== undefined) throw lost;
    } finally {
      await server.close();
    }
  });
}

function withServeOptions(command: Command): Command {
  return command
    .description(
      "Run a server. It stops at Ctrl-C (SIGINT) or SIGTERM. At SIGHUP it reads its certificate and its --config file again.",
    )
    .option(
      "--host <address>",
      "address that clients connect to; 0.0.0.0 means all addresses of this machine",
      "127.0.0.1",
    )
    .option(
      "--port <port>",
      "port that clients connect to; 0 means any free port",
      wholeNumber(0, 65_535),
      8_443,
    )
    .option(
      "--cert <file>",
      "TLS certificate chain, PEM (default: the server makes a certificate of its own)",
    )
    .option("--key <file>", "private key of the certificate, PEM; goes with --cert")
    .addOption(
      new Option(
        "--tls-name <name>",
        "host name or address that the server's own certificate is for, besides those of this machine; give it several times for several names",
      )
        .argParser(gathered)
        .conflicts(["cert", "key", "plain"]),
    )
    .addOption(
      new Option(
        "--plain",
        "take connections without TLS, which is allowed on loopback only",
      ).conflicts(["cert", "key"]),
    )
    .option(
      "--config <file>",
      "YAML file with the settings that can change while the server runs, logLevel and limits; --log-level and --limit come before it",
    )
    .option(
      "--trusted-proxy <address>",
      "address or network of a proxy whose X-Forwarded-For header is believed; give it several times for several proxies (default: the environment variable TRIBUTARY_TRUSTED_PROXIES, separated by commas)",
      gathered,
    )
    .option("--admin-host <address>", "address that the admin API listens on", "127.0.0.1")
    .option(
      "--admin-port <port>",
      "port of the admin API; 0 means any free port",
      wholeNumber(0, 65_535),
      8_080,
    )
    .option(
      "--data-dir <folder>",
      "folder for the server's keys, certificate and embedded store",
      "./.tributary",
    )
    .option(
      "--database-url <url>",
      "Postgres database to use in place of the embedded store (default: the environment variable DATABASE_URL)",
    )
    .option(
      "--lease-seconds <number>",
      "how long a Postgres database stays this server's when it cannot say that it is alive; another server can take over after that",
      wholeNumber(1, 600),
      15,
    )
    .option(
      "--wait-for-lease",
      "wait while another server uses the database, and take over when it stops or crashes",
    )
    .option(
      "--new-identity",
      "let the server have another key than the one that its tasks belong to; every client must then pin the new key",
    )
    .option(
      "--aggregation-threads <count>",
      "most threads that add up the clients' reports; 0 adds them up in the main thread (default: one less than the number of cores, at least 1 and at most 4)",
      wholeNumber(0, 64),
    )
    .option(
      "--minimum-cohort <count>",
      "fewest reports with which any round commits, whatever its task says; with 1 a round can reveal one client's update",
      wholeNumber(1, PROTOCOL_CONSTANTS.maxCohort),
      2,
    )
    .option(
      "--join-page",
      "serve a page with which people take part from a browser; everybody who reaches the port can read the names of the running tasks",
    )
    .addOption(
      new Option("--log-level <level>", "lowest level of the messages that the log shows")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default(undefined, "info"),
    )
    .option(
      "--limit <name=number>",
      "change one of the limits in docs/protocol.md §9; give it several times for several limits",
      namedNumber,
    )
    .option("--json", "print the addresses as one line of JSON")
    .addHelpText("after", NOTES);
}

const NOTES = `
The environment variable TRIBUTARY_ADMIN_TOKEN holds the token of the admin API.
Without it the admin API answers requests from this machine only.

Examples:
  tributary serve                                          for clients on this machine
  tributary serve --host 0.0.0.0 --cert c.pem --key k.pem  for clients elsewhere`;

function serverOptions(flags: ServeFlags): ServerOptions & Announced {
  const { host, port, adminHost, adminPort, dataDir } = flags;
  const { aggregationThreads, minimumCohort } = flags;
  const databaseUrl = databaseUrlOf(flags);
  const adminToken = adminTokenOfEnvironment();
  return {
    ...{ host, port, adminHost, adminPort, dataDir, minimumCohort },
    tls: tlsOf(flags),
    trustedProxies: [...(flags.trustedProxy ?? proxiesOfEnvironment())],
    tlsNames: [...(flags.tlsName ?? [])],
    leaseMs: 1_000 * flags.leaseSeconds,
    waitForLease: flags.waitForLease === true,
    joinPage: flags.joinPage === true,
    newIdentity: flags.newIdentity === true,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(aggregationThreads === undefined ? {} : { aggregationThreads }),
    ...(adminToken === undefined ? {} : { adminToken }),
  };
}

/** Reads the settings that can change while the server runs. The command line comes first. */
async function readSettings({ config, logLevel, limit }: ServeFlags): Promise<ServerSettings> {
  const { parseServerSettings } = await import("@tributary/server");
  const file = config === undefined ? {} : parseServerSettings(await readYamlFile(config));
  const level = logLevel ?? file.logLevel;
  return {
    limits: { ...file.limits, ...limit },
    ...(level === undefined ? {} : { logLevel: level }),
  };
}

/** The options that other commands on this machine have to know. */
interface Announced {
  readonly dataDir: string;
  readonly tls: NonNullable<ServerOptions["tls"]>;
  readonly adminToken?: string;
  readonly joinPage?: boolean;
}

/**
 * Tells the user and other commands where the server is.
 * @returns A function that tells other commands that it is gone.
 */
async function announce(
  { url, adminUrl, adminNeedsToken, serverKey }: TributaryServer,
  { dataDir, tls, joinPage, adminToken: token }: Announced,
  output: Output,
): Promise<() => Promise<void>> {
  const certPath = tls === "self-signed" ? join(dataDir, "tls", "cert.pem") : undefined;
  const withdrawAddress = await announceAdmin(dataDir, {
    url: adminUrl,
    ...(token === undefined ? {} : { token }),
    ...(certPath === undefined ? {} : { certPath }),
  });
  const joinLink = joinPage === true ? joinLinkOf(url, serverKey) : undefined;
  output.result(
    { url, adminUrl, adminNeedsToken, serverKey, certPath, joinLink },
    [
      `clients connect to  ${url}`,
      `they pin            ${serverKey}`,
      ...(joinLink === undefined ? [] : [`people take part at ${joinLink}`]),
      `admin API           ${adminUrl}`,
      "Ctrl-C stops it",
    ].join("\n"),
  );
  if (!adminNeedsToken) output.say(OPEN_ADMIN_API);
  return withdrawAddress;
}

/**
 * The link with which a person takes part. The server's key stands behind the #, which browsers send
 * to nobody.
 */
function joinLinkOf(url: string, serverKey: string): string {
  return `${url.replace(/^ws/, "http").replace(/\/$/, "")}/join/#key=${serverKey}`;
}

/** What the user is told of an admin API without a token. */
const OPEN_ADMIN_API = [
  "The admin API has no token: every program of this machine may do everything.",
  "Set TRIBUTARY_ADMIN_TOKEN, or make a token with `tributary token create`.",
].join("\n");

function tlsOf({ plain, cert, key }: ServeFlags): NonNullable<ServerOptions["tls"]> {
  if (plain === true) return "none";
  if (cert === undefined && key === undefined) return "self-signed";
  if (cert !== undefined && key !== undefined) return { certPath: cert, keyPath: key };
  throw new TributaryError("BAD_PARAMETER", "Only one of --cert and --key is given", {
    remedy: "Give both, or give neither: then the server makes a certificate of its own.",
  });
}

function proxiesOfEnvironment(): string[] {
  const text = process.env["TRIBUTARY_TRUSTED_PROXIES"] ?? "";
  return text.split(",").flatMap((address) => (address.trim() === "" ? [] : [address.trim()]));
}

/** A token with fewer characters could be guessed. */
const LEAST_TOKEN_LENGTH = 16;

function adminTokenOfEnvironment(): string | undefined {
  const token = process.env["TRIBUTARY_ADMIN_TOKEN"];
  if (token === undefined || token.length >= LEAST_TOKEN_LENGTH) return token;
  throw new TributaryError(
    "CONFIG_INVALID",
    `TRIBUTARY_ADMIN_TOKEN is too short: it has ${token.length} characters`,
    { remedy: `Use at least ${LEAST_TOKEN_LENGTH} random characters.` },
  );
}
