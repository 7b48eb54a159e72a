import { createServer as createHttpServer } from "node:http";
import {
  type Clock,
  cryptographicRandom,
  type CryptoProvider,
  formatServerKey,
  PROTOCOL_CONSTANTS,
  type RandomSource,
  type TributaryError,
  serverKeyOf,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { ThreadAdders, usualThreads } from "./aggregation-threads/thread-adders.ts";
import { hasToken } from "./admin/access.ts";
import { createAdminApp } from "./admin/admin-app.ts";
import { resolveConfig, type ServerConfig, type ServerOptions } from "./config.ts";
import { systemClock } from "./runtime/system-clock.ts";
import { Coordinator } from "./coordinator/coordinator.ts";
import { UploadTurns } from "./coordinator/round/upload-turns.ts";
import { Enrolment } from "./enrolment/enrolment.ts";
import { Gateway } from "./gateway/gateway.ts";
import { openJoinPage } from "./gateway/join-page.ts";
import { TrustedProxies } from "./gateway/trusted-proxies.ts";
import { isEveryAddress, urlHost } from "./certificate/host-names.ts";
import { openCertificate, urlForClients } from "./open-certificate.ts";
import { Reload } from "./reload.ts";
import type { ServerSettings } from "./server-settings.ts";
import { listen } from "./runtime/listen.ts";
import { readServerSecrets, settleIdentity } from "./server-identity.ts";
import { openStorage } from "./open-storage.ts";
import { boundedStorage } from "./storage/bounded-storage.ts";
import { takeLease, type LeaseKeeper, type LeaseOptions } from "./storage/lease-keeper.ts";
import type { Storage } from "./storage/storage.ts";
import { createLogger, type Logger } from "./runtime/logger.ts";
import { EventFeed } from "./telemetry/event-feed.ts";
import { logEvents } from "./telemetry/event-log.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { StoreHealth } from "./telemetry/store-health.ts";
import { VERSION } from "./version.generated.ts";

/** Collaborators that a test or an experiment may replace. */
export interface ServerDeps {
  readonly clock?: Clock;
  /** A seeded source makes a run repeatable and its keys worthless: for experiments only. */
  readonly random?: RandomSource;
  readonly logger?: Logger;
  readonly storage?: Storage;
  /**
   * Where the server publishes what happens in it. Pass a feed of your own to see what happens
   * before `startServer` resolves.
   */
  readonly events?: EventFeed;
  /** Gives up a start that waits for the lease of the database. */
  readonly signal?: AbortSignal;
}

/** A running server. */
export interface TributaryServer {
  /** The URL that clients connect to: `wss://…` or, on loopback, `ws://…`. */
  readonly url: string;
  /** The URL of the admin API. */
  readonly adminUrl: string;
  /**
   * Whether the admin API had a token when the server started. Without one, every program of this
   * machine may do everything.
   */
  readonly adminNeedsToken: boolean;
  /** The server's public key, which clients pin. */
  readonly serverKey: string;
  /**
   * The gateway's certificate in PEM form, for clients that are to trust a self-signed one. It is
   * undefined when the gateway takes plain ws.
   */
  readonly certificate: string | undefined;
  readonly coordinator: Coordinator;
  readonly storage: Storage;
  /** Everything that happens in the server, for any number of subscribers. */
  readonly events: EventFeed;
  /**
   * Resolves with the reason when the server ends by itself, because it has lost the lease of its
   * database. It then closes as `close` does, without changing the store any more.
   */
  readonly lost: Promise<TributaryError>;
  /**
   * Reads again what can change while the server runs: the certificate, the log level and the
   * limits. It never rejects: what is wrong is in the log, and what was in use stays.
   * @param read - Reads the settings. If left out, only the certificate is read again.
   */
  reload(read?: () => Promise<ServerSettings>): Promise<void>;
  /**
   * Ends the rounds in flight, tells clients when to come back, and closes everything. A round
   * commits if it has enough reports and is abandoned otherwise. Idempotent.
   */
  close(): Promise<void>;
}

/** Functions that undo the steps of the start, in the order in which the steps were taken. */
type Cleanups = (() => void | Promise<void>)[];

/** The version of this package, which the admin API tells. */
export const SERVER_VERSION: string = VERSION;

/**
 * Starts a server: it opens the store, goes on with the tasks that were running, and begins to
 * listen. If a step fails, the steps before it are undone.
 * @throws TributaryError `CONFIG_INVALID`, `PORT_IN_USE`, `STORAGE_LOCKED` or
 *   `STORAGE_UNAVAILABLE`.
 */
export async function startServer(
  options: ServerOptions = {},
  deps: ServerDeps = {},
): Promise<TributaryServer> {
  const config = resolveConfig(options);
  const trustedProxies =
    config.trustedProxies.length === 0 ? undefined : new TrustedProxies(config.trustedProxies);
  const crypto = createNodeCryptoProvider();
  const clock = deps.clock ?? systemClock;
  const ownLogger = createLogger(config.logLevel);
  const logger = deps.logger ?? ownLogger;
  const random = deps.random ?? cryptographicRandom(crypto);
  const { limits } = config;

  const cleanups: Cleanups = [];
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= undo(cleanups));
  try {
    const kept = await readServerSecrets(config.keyPath);
    const certificate = await openCertificate(config, { clock, logger }, (next) =>
      gateway.useCertificate(next),
    );
    const opened = deps.storage ?? (await openStorage({ ...config, crypto, logger }));
    if (deps.storage === undefined) cleanups.push(() => opened.close());
    const storage = boundedStorage(opened, { clock, timeoutMs: limits.storeTimeoutMs });
    const leasing = { clock, logger, signal: deps.signal };
    const { lost } = await holdLease(storage, config, leasing, cleanups);
    const { keyPath: path, newIdentity } = config;
    const secrets = await settleIdentity(kept, storage, { path, newIdentity, crypto });
    const serverKey = formatServerKey(serverKeyOf(crypto, secrets));

    const startedAtMs = clock.elapsedMs();
    const events = deps.events ?? new EventFeed(logger);
    const storeHealth = new StoreHealth(storage, clock);
    const metrics = createMetrics({
      clock,
      version: SERVER_VERSION,
      connections: () => gateway.connectionCount,
      waitingClients: () => coordinator.waitingClients,
      roundsInFlight: () => coordinator.roundsInFlight,
      storeHealth,
      certificateExpiryMs: () => certificate?.current.notAfterMs,
    });
    cleanups.push(() => metrics.close());
    cleanups.push(events.subscribe(metrics.observe), events.subscribe(logEvents(logger)));
    const turns = new UploadTurns({ clock, limits });
    const adders = openAdders(config, logger, cleanups);
    const coordinator = new Coordinator({
      store: storage.rounds,
      checkpoints: storage.checkpoints,
      crypto,
      random,
      clock,
      logger,
      limits,
      minimumCohort: config.minimumCohort,
      secrets,
      turns,
      events,
      ...(adders === undefined ? {} : { openAdder: adders.open }),
    });
    const enrolment = await Enrolment.load({
      store: storage.access,
      crypto,
      clock,
      limits,
      onRateLimited: () => events.publish({ type: "request-limited", share: "device" }),
    });
    const joinPage = config.joinPage ? await openJoinPage(storage.rounds) : undefined;
    const gateway = new Gateway(
      {
        host: config.host,
        port: config.port,
        ...(certificate === undefined ? {} : { tls: certificate.current }),
        ...(trustedProxies === undefined ? {} : { trustedProxies }),
        ...(joinPage === undefined ? {} : { answer: joinPage }),
      },
      {
        host: coordinator,
        doorkeeper: enrolment,
        crypto,
        random,
        secrets,
        clock,
        limits,
        logger,
        events,
      },
    );
    cleanups.push(() => gateway.close());
    // The last step is undone first. The coordinator ends the rounds while the gateway is still
    // open, so that clients are told how their round has ended.
    cleanups.push(() => coordinator.close());
    await coordinator.recover();
    const url = urlForClients(config, certificate?.current, await gateway.start());
    certificate?.start();
    cleanups.push(() => certificate?.stop());
    const reload = new Reload({ limits, logger, ownLogger, certificate, gateway });

    const adminUrl = await startAdmin({ config, crypto, cleanups }, (adminToken) =>
      createAdminApp({
        coordinator,
        store: storage.rounds,
        checkpoints: storage.checkpoints,
        access: storage.access,
        enrolment,
        clock,
        events,
        metrics,
        storeHealth,
        token: adminToken,
        info: () => ({
          gatewayUrl: url,
          serverKey,
          version: SERVER_VERSION,
          connections: gateway.connectionCount,
          uptimeMs: clock.elapsedMs() - startedAtMs,
        }),
        logger,
        crypto,
        random,
        limits,
        constants: PROTOCOL_CONSTANTS,
        minimumCohort: config.minimumCohort,
      }),
    );
    const adminNeedsToken = config.adminToken !== undefined || (await hasToken(storage.access));
    logger.info("server started", { url, adminUrl, adminNeedsToken, serverKey });
    if (config.minimumCohort === 1) {
      logger.warn("a round of one client can publish that client's update and metrics", {
        minimumCohort: 1,
      });
    }
    void lost
      .then((error) => {
        logger.error("lease lost", { error });
        return close();
      })
      .catch((error: unknown) => logger.error("server not closed", { error }));
    return {
      url,
      adminUrl,
      adminNeedsToken,
      serverKey,
      certificate: certificate?.current.cert,
      coordinator,
      storage,
      events,
      lost,
      reload: (read) => reload.run(read),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Takes the lease of the store, if it has one, and keeps it until the clean-up. A store without one
 * is never lost.
 */
async function holdLease(
  { lease }: Storage,
  { leaseMs: durationMs, waitForLease: waits }: ServerConfig,
  deps: Pick<LeaseOptions, "clock" | "logger" | "signal">,
  cleanups: Cleanups,
): Promise<Pick<LeaseKeeper, "lost">> {
  if (lease === undefined) return { lost: new Promise(() => {}) };
  const keeper = await takeLease(lease, { ...deps, durationMs, waits });
  cleanups.push(() => keeper.release());
  return keeper;
}

/** Undoes all steps, the last one first. If one fails, the others are undone all the same. */
async function undo(cleanups: Cleanups): Promise<void> {
  const cleanup = cleanups.pop();
  if (cleanup === undefined) return;
  try {
    await cleanup();
  } finally {
    await undo(cleanups);
  }
}

/** Starts the threads that add up reports. Returns undefined when the main thread is to do it. */
function openAdders(
  { aggregationThreads: threads = usualThreads() }: ServerConfig,
  logger: Logger,
  cleanups: Cleanups,
): ThreadAdders | undefined {
  if (threads === 0) return undefined;
  const adders = new ThreadAdders({
    threads,
    onDeath: (error) => logger.error("aggregation thread died", { error }),
  });
  cleanups.push(() => adders.close());
  return adders;
}

/** Makes the admin API listen, and returns its URL. */
async function startAdmin(
  server: {
    readonly config: ServerConfig;
    readonly crypto: CryptoProvider;
    readonly cleanups: Cleanups;
  },
  createApp: (token: string | undefined) => Parameters<typeof createHttpServer>[1] & object,
): Promise<string> {
  const { adminHost: host, adminPort: port, adminToken } = server.config;
  const http = createHttpServer(createApp(adminToken));
  const address = await listen(http, { host, port }, "admin API");
  server.cleanups.push(
    () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  );
  // Commands of this machine connect there, and nobody can connect to "all addresses".
  const name = isEveryAddress(host) ? (host.includes(":") ? "::1" : "127.0.0.1") : host;
  return `http://${urlHost(name)}:${address.port}`;
}
