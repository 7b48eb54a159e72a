import { isIP } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { DEFAULT_LIMITS, TributaryError, type Limits } from "@tributary/protocol";

const tlsSchema = z.union([
  z.literal("self-signed"),
  z.literal("none"),
  z.strictObject({ certPath: z.string().min(1), keyPath: z.string().min(1) }),
]);

const portSchema = z.int().min(0).max(65_535);

const serverOptionsSchema = z.strictObject({
  /** Address that the gateway listens on. */
  host: z.string().min(1).default("127.0.0.1"),
  /** Port of the gateway; 0 takes a free one. */
  port: portSchema.default(8_443),
  /** `self-signed` makes and keeps a certificate; `none` is plain ws, on loopback only. */
  tls: tlsSchema.default("self-signed"),
  /** Addresses and networks of proxies in front of the gateway that say where clients come from, in X-Forwarded-For. */
  trustedProxies: z.array(z.string().min(1)).default([]),
  /** Address that the admin API listens on. Anything but loopback needs `adminToken`. */
  adminHost: z.string().min(1).default("127.0.0.1"),
  /** Port of the admin API; 0 takes a free one. */
  adminPort: portSchema.default(8_080),
  /** Bearer token of the admin API. */
  adminToken: z.string().min(16).optional(),
  /** Folder of keys, certificate and the embedded store. */
  dataDir: z.string().min(1).default("./.tributary"),
  /** Postgres; without it the store is embedded in `dataDir`. */
  databaseUrl: z.string().min(1).optional(),
  /** Most threads that add up reports; 0 adds where the sockets are. Left out: one less than there are cores, 1 to 4. */
  aggregationThreads: z.int().min(0).max(64).optional(),
  logLevel: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});

/** What an operator sets. Every field but none is required. */
export type ServerOptions = z.input<typeof serverOptionsSchema> & {
  /** Bounds to change; the rest are `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
};

export interface ServerConfig extends Readonly<z.output<typeof serverOptionsSchema>> {
  readonly limits: Limits;
  readonly keyPath: string;
  readonly tlsDir: string;
  readonly storeDir: string;
}

/** @throws TributaryError `CONFIG_INVALID` naming the setting. */
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
      `Plain ws is for loopback only, and the gateway's host is ${config.host}`,
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

function resolveLimits(changes: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(changes)) {
    if (Object.hasOwn(DEFAULT_LIMITS, name) && Number.isSafeInteger(value) && value > 0) continue;
    throw new TributaryError("CONFIG_INVALID", `The limit ${name} cannot be ${String(value)}`, {
      remedy: `Give a whole number above 0 for any of ${Object.keys(DEFAULT_LIMITS).join(", ")}.`,
    });
  }
  return { ...DEFAULT_LIMITS, ...changes };
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
