import { join } from "node:path";
import { Command, Option } from "commander";
import { TributaryError } from "@tributary/protocol";
import type { LogLevel, ServerOptions } from "@tributary/server";
import { announceAdmin } from "../admin-client.ts";
import { makeDataFolder } from "../data-folder.ts";
import { gathered, namedNumber, wholeNumber } from "../options.ts";
import { createOutput } from "../output.ts";
import { stopSignal } from "../stop-signal.ts";

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
  aggregationThreads?: number;
  logLevel: LogLevel;
  limit?: Readonly<Record<string, number>>;
  json?: true;
}

export function serveCommand(): Command {
  return new Command("serve")
    .description("Run a server. It stops at Ctrl-C (SIGINT) or SIGTERM.")
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
        "--plain",
        "take connections without TLS, which is allowed on loopback only",
      ).conflicts(["cert", "key"]),
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
      "--aggregation-threads <count>",
      "most threads that add up the clients' reports; 0 adds them up in the main thread (default: one less than the number of cores, at least 1 and at most 4)",
      wholeNumber(0, 64),
    )
    .addOption(
      new Option("--log-level <level>", "lowest level of the messages that the log shows")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("info"),
    )
    .option(
      "--limit <name=number>",
      "change one of the limits in docs/protocol.md §9; give it several times for several limits",
      namedNumber,
    )
    .option("--json", "print the addresses as one line of JSON")
    .addHelpText(
      "after",
      `
The environment variable TRIBUTARY_ADMIN_TOKEN holds the token of the admin API. Without it the admin API answers
requests from this machine only.

Examples:
  tributary serve                                          for clients on this machine
  tributary serve --host 0.0.0.0 --cert c.pem --key k.pem  for clients elsewhere`,
    )
    .action(async (flags: ServeFlags) => {
      const output = createOutput(flags.json === true);
      const token = adminToken();
      const databaseUrl = flags.databaseUrl ?? process.env["DATABASE_URL"];
      await makeDataFolder(flags.dataDir);
      const options: ServerOptions = {
        host: flags.host,
        port: flags.port,
        tls: tlsOf(flags),
        trustedProxies: [...(flags.trustedProxy ?? proxiesOfEnvironment())],
        adminHost: flags.adminHost,
        adminPort: flags.adminPort,
        dataDir: flags.dataDir,
        logLevel: flags.logLevel,
        limits: flags.limit ?? {},
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
        ...(flags.aggregationThreads === undefined
          ? {}
          : { aggregationThreads: flags.aggregationThreads }),
        ...(token === undefined ? {} : { adminToken: token }),
      };
      const stop = stopSignal();
      // Loaded only here: it takes half of the time that a command needs to start.
      const { startServer } = await import("@tributary/server");
      const server = await startServer(options);
      try {
        const certPath =
          options.tls === "self-signed" ? join(flags.dataDir, "tls", "cert.pem") : undefined;
        const withdrawAddress = await announceAdmin(flags.dataDir, {
          url: server.adminUrl,
          ...(token === undefined ? {} : { token }),
          ...(certPath === undefined ? {} : { certPath }),
        });
        output.result(
          { url: server.url, adminUrl: server.adminUrl, serverKey: server.serverKey, certPath },
          [
            `clients connect to  ${server.url}`,
            `they pin            ${server.serverKey}`,
            `admin API           ${server.adminUrl}`,
            "Ctrl-C stops it",
          ].join("\n"),
        );
        await stop;
        output.say("stopping");
        await withdrawAddress();
      } finally {
        await server.close();
      }
    });
}

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

function adminToken(): string | undefined {
  const token = process.env["TRIBUTARY_ADMIN_TOKEN"];
  if (token === undefined || token.length >= LEAST_TOKEN_LENGTH) return token;
  throw new TributaryError(
    "CONFIG_INVALID",
    `TRIBUTARY_ADMIN_TOKEN is too short: it has ${token.length} characters`,
    { remedy: `Use at least ${LEAST_TOKEN_LENGTH} random characters.` },
  );
}
