import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import { TributaryError } from "@tributary/protocol";
import { databaseError, isConnectionLoss } from "./database-error.ts";
import type { OpenDatabase, Queries } from "./database.ts";

/**
 * The size of the pool. It is enough for a coordinator, its admin API and a probe at once, and
 * small because every server node has its own pool.
 */
const POOL_SIZE = 5;
/** Milliseconds to try to connect, or to wait for a connection of the pool. */
const CONNECT_TIMEOUT_MS = 10_000;
/**
 * Milliseconds to wait for the answer to a query. When a link has gone dead, the operating system
 * would wait for a quarter of an hour, and so would the round that is being stored.
 */
const QUERY_TIMEOUT_MS = 30_000;
/**
 * Milliseconds after which Postgres ends a transaction whose server says nothing any more, for
 * example because its machine has been suspended. It would keep the lease from another server.
 */
const IDLE_TRANSACTION_MS = 30_000;

/**
 * Connects to a Postgres server, 13 or newer.
 * @param url - `postgres://user:password@host:5432/database`, with the parameters of libpq
 * (`?sslmode=verify-full`).
 * @param onConnectionError - Called when an idle connection is lost. The pool opens a new one when
 * it needs it.
 * @param options.queryTimeoutMs - Milliseconds after which a query without an answer fails and its
 * connection is closed.
 * @param options.poolSize - The largest number of connections.
 * @throws TributaryError `STORAGE_UNAVAILABLE`.
 */
export async function openNodePostgres(
  url: string,
  onConnectionError: (error: Error) => void,
  options: { readonly queryTimeoutMs?: number | undefined; readonly poolSize?: number } = {},
): Promise<OpenDatabase> {
  const { queryTimeoutMs = QUERY_TIMEOUT_MS, poolSize = POOL_SIZE } = options;
  const where = describeUrl(url);
  let pool: pg.Pool;
  try {
    pool = new pg.Pool({
      connectionString: url,
      max: poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: queryTimeoutMs,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
      keepAlive: true,
      application_name: "tributary",
    });
  } catch (error) {
    throw malformed(error);
  }
  // Without listeners a lost connection is an unhandled 'error' event and ends the process. The
  // pool listens to a client only while it is idle; a client in use also fails its query, so that
  // nothing is hidden here.
  pool.on("error", onConnectionError);
  pool.on("connect", (client) => client.on("error", () => undefined));
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    throw databaseError(error, where);
  }
  return {
    db: drizzle({ client: pool }),
    transaction: (work) => runTransaction(pool, work),
    where,
    close: () => pool.end(),
  };
}

/**
 * Runs a transaction. Drizzle's own function for pools never gives a connection back when its
 * `begin` fails. After five lost connections every transaction would wait for ever.
 */
async function runTransaction<Result>(
  pool: pg.Pool,
  work: (tx: Queries) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let isLost = false;
  try {
    return await drizzle({ client }).transaction(work);
  } catch (error) {
    isLost = isConnectionLoss(error);
    throw error;
  } finally {
    client.release(isLost);
  }
}

/** Names the database of a URL without its user and password. */
function describeUrl(url: string): string {
  let parsed;
  try {
    parsed = new URL(url);
    decodeURIComponent(parsed.pathname + parsed.username + parsed.password);
  } catch (error) {
    throw malformed(error);
  }
  if (parsed.protocol !== "postgres:" && parsed.protocol !== "postgresql:") throw malformed();
  const host = parsed.host === "" ? (parsed.searchParams.get("host") ?? "localhost") : parsed.host;
  return `Postgres at ${host}${parsed.pathname}`;
}

/** The error for an unusable URL. It does not repeat the URL, which may hold a password. */
function malformed(cause?: unknown): TributaryError {
  return new TributaryError(
    "STORAGE_UNAVAILABLE",
    "DATABASE_URL is not the URL of a Postgres server",
    {
      remedy:
        "Use postgres://user:password@host:5432/database, " +
        "with special characters in the password percent-encoded.",
      // The system's error for a bad URL contains the whole URL.
      ...(cause instanceof URIError ? { cause } : {}),
    },
  );
}
