import { isIP } from "node:net";
import { join } from "node:path";
import * as z from "zod";
import {
  PROTOCOL_CONSTANTS,
  TributaryError,
  resolveLimits,
  type Limits,
} from "@tributary/protocol";
import { logLevelSchema } from "./server-settings.ts";

const tlsSchema = z.union([
  z.literal("self-signed"),
  z.literal("none"),
  z.strictObject({ certPath: z.string().min(1), keyPath: z.string().min(1) }),
]);

const portSchema = z.int().min(0).max(65_535);

/** The options of a server with their defaults. */
const serverOptionsSchema = z.strictObject({
  /** Address that the gateway listens on. */
  host: z.string().min(1).default("127.0.0.1"),
  /** Port of the gateway; 0 takes a free one. */
  port: portSchema.default(8_443),
  /**
   * `self-signed` makes a certificate and keeps it in `dataDir`. `none` is plain ws, which is
   * allowed on loopback only. Otherwise the paths of a certificate chain and its key, both PEM.
   */
  tls: tlsSchema.default("self-signed"),
  /**
   * Host names and IP addresses that a self-signed certificate is for besides those of this
   * machine. Clients are told to connect to the first one when the gateway listens on all
   * addresses.
   */
  tlsNames: z
    .array(
      z.string().regex(/^(\*\.)?[a-z0-9][a-z0-9.:-]*$|^::1$/i, "Give host names and addresses."),
    )
    .default([]),
  /**
   * Addresses and networks of the operator's own proxies in front of the gateway. They say in
   * X-Forwarded-For which address a client has.
   */
  trustedProxies: z.array(z.string().min(1)).default([]),
  /** Address that the admin API listens on. Anything but loopback needs `adminToken`. */
  adminHost: z.string().min(1).default("127.0.0.1"),
  /** Port of the admin API; 0 takes a free one. */
  adminPort: portSchema.default(8_080),
  /** Root token of the admin API, which allows everything. */
  adminToken: z.string().min(16).optional(),
  /** Folder that holds the server's keys, its certificate and the embedded store. */
  dataDir: z.string().min(1).default("./.tributary"),
  /** URL of a Postgres database. If left out, the store is embedded in `dataDir`. */
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "Give an address that begins with postgres://.")
    .optional(),
  /**
   * How long the lease of a Postgres database runs without a renewal, in milliseconds. It is
   * renewed three times in that time. Another server can take over when it has run out.
   */
  leaseMs: z.int().min(1_000).max(600_000).default(15_000),
  /** Whether to wait while another server holds the lease of the database. */
  waitForLease: z.boolean().default(false),
  /**
   * Whether the server may have another key than the one that the store's tasks belong to. Every
   * client must then pin the new key.
   */
  newIdentity: z.boolean().default(false),
  /**
   * The largest number of threads that add up reports. With 0, the main thread adds them up. If
   * left out, the number is one less than there are processor cores, but at least 1 and at most 4.
   */
  aggregationThreads: z.int().min(0).max(64).optional(),
  /**
   * The fewest reports with which any round or evaluation of any task commits. A task cannot lower
   * it. With 1, a round can publish what a single client reported.
   */
  minimumCohort: z.int().min(1).max(PROTOCOL_CONSTANTS.maxCohort).default(2),
  /**
   * Whether the gateway serves the page with which people take part from a browser, under `/join/`.
   * Everybody who reaches the gateway can then read the names of the running tasks.
   */
  joinPage: z.boolean().default(false),
  logLevel: logLevelSchema.default("info"),
});

/** The settings of a server. Every one has a default. */
export type ServerOptions = z.input<typeof serverOptionsSchema> & {
  /** The limits to change; all others are as in `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
};

/** Checked settings with defaults filled in, and the paths that follow from them. */
export interface ServerConfig extends Readonly<z.output<typeof serverOptionsSchema>> {
  readonly limits: Limits;
  /** File that holds the server's secret keys. */
  readonly keyPath: string;
  /** Folder that holds the self-signed certificate. */
  readonly tlsDir: string;
  /** Folder of the embedded store. */
  readonly storeDir: string;
}

/**
 * Checks a server's settings and fills in the defaults. It refuses settings that would leave the
 * gateway or the admin API open to a network without protection.
 * @throws TributaryError `CONFIG_INVALID`, which names the setting.
 */
export function resolveConfig(options: ServerOptions): ServerConfig {
  const { limits, ...settings } = options;
  const parsed = serverOptionsSchema.safeParse(settings);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new TributaryError(
      "CONFIG_INVALID",
      `The server option ${issue?.path.join(".") ?? ""} is not valid: ${issue?.message ?? ""}`,
      { remedy: "`tributary serve --help` lists the options." },
    );
  }
  const config = parsed.data;
  if (config.tls === "none" && !isLoopback(config.host)) {
    throw new TributaryError(
      "CONFIG_INVALID",
      `Plain ws is allowed on loopback only, and the gateway's host is ${config.host}`,
      { remedy: "Give a certificate and its key, or use the self-signed one." },
    );
  }
  if (config.adminToken === undefined && !isLoopback(config.adminHost)) {
    throw new TributaryError(
      "CONFIG_INVALID",
      `The admin API would be open to everyone who reaches ${config.adminHost}`,
      { remedy: "Set an admin token, or keep the admin API on loopback." },
    );
  }
  return {
    ...config,
    limits: resolveLimits(limits),
    keyPath: join(config.dataDir, "server.key"),
    tlsDir: join(config.dataDir, "tls"),
    storeDir: join(config.dataDir, "store"),
  };
}

/** Whether a host name or address is one that only programs of this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
