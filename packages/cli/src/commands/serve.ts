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
  limit: Readonly<Record<string, number>>;
  json?: true;
}

export function serveCommand(): Command {
  return new Command("serve")
    .description("Run a coordinator until it is told to stop (SIGINT or SIGTERM).")
    .option("--host <address>", "address that clients connect to", "127.0.0.1")
    .option(
      "--port <port>",
      "port that clients connect to; 0 takes a free one",
      wholeNumber(0, 65_535),
      8_443,
    )
    .option("--cert <file>", "TLS certificate chain, PEM; without it one is made")
    .option("--key <file>", "private key of the certificate, PEM")
    .addOption(new Option("--plain", "plain ws, on loopback only").conflicts(["cert", "key"]))
    .option(
      "--trusted-proxy <address>",
      "proxy, or network of proxies, whose X-Forwarded-For is believed; may be given again (or TRIBUTARY_TRUSTED_PROXIES, with commas)",
      gathered,
    )
    .option("--admin-host <address>", "address of the admin API", "127.0.0.1")
    .option(
      "--admin-port <port>",
      "port of the admin API; 0 takes a free one",
      wholeNumber(0, 65_535),
      8_080,
    )
    .option("--data-dir <folder>", "keys, certificate and embedded store", "./.tributary")
    .option("--database-url <url>", "Postgres instead of the embedded store (or DATABASE_URL)")
    .option(
      "--aggregation-threads <count>",
      "threads that add up reports, at most; 0 for none (default: one less than there are cores, 1 to 4)",
      wholeNumber(0, 64),
    )
    .addOption(
      new Option("--log-level <level>", "least weight of what the log shows")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("info"),
    )
    .option(
      "--limit <name=number>",
      "changes a limit of docs/protocol.md §9; may be given again",
      namedNumber,
      {},
    )
    .option("--json", "print one JSON line with the addresses")
    .addHelpText(
      "after",
      "\nThe admin API's token is read from TRIBUTARY_ADMIN_TOKEN; without one it answers on loopback only.",
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
        limits: flags.limit,
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
        ...(flags.aggregationThreads === undefined
          ? {}
          : { aggregationThreads: flags.aggregationThreads }),
        ...(token === undefined ? {} : { adminToken: token }),
      };
      const stop = stopSignal();
      // Loaded only here: half of the time that a command takes to start.
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
            "stop with Ctrl-C",
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
    remedy: "Give both, or neither for a certificate that is made.",
  });
}

function proxiesOfEnvironment(): string[] {
  const text = process.env["TRIBUTARY_TRUSTED_PROXIES"] ?? "";
  return text.split(",").flatMap((address) => (address.trim() === "" ? [] : [address.trim()]));
}

/** Characters below which a token can be guessed. */
const LEAST_TOKEN_LENGTH = 16;

function adminToken(): string | undefined {
  const token = process.env["TRIBUTARY_ADMIN_TOKEN"];
  if (token === undefined || token.length >= LEAST_TOKEN_LENGTH) return token;
  throw new TributaryError(
    "CONFIG_INVALID",
    `TRIBUTARY_ADMIN_TOKEN has ${token.length} characters, which is too few`,
    { remedy: `Give at least ${LEAST_TOKEN_LENGTH} random ones.` },
  );
}
