// What older versions have left behind: their stores, and clients in apps that nobody has updated.
// test/fixtures/make/make-fixtures.mjs has made both with those versions themselves.
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { FederatedClient, type FederatedClientOptions } from "@tributary/client-sdk";
import { openMemoryStore, startServer, type TributaryServer } from "@tributary/server";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPostgres, type PostgresServer } from "../../packages/server/test/postgres-server.ts";

/** What a server of an older version said of its store before it stopped. */
interface Told {
  readonly serverKey: string;
  /** The text of `server.key`, where the store's folder is not kept. */
  readonly key?: string;
  /** An admin token. */
  readonly token: string;
  readonly devices: readonly { readonly id: string }[];
  readonly tasks: readonly {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly planId: string;
    readonly definition: object;
    readonly rounds: readonly { readonly number: number }[];
    readonly checkpoints: readonly { readonly id: string; readonly roundNumber: number }[];
  }[];
}

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const unpacked = (name: string): Buffer => brotliDecompressSync(fixture(name));
const toldBy = (name: string): Told => JSON.parse(fixture(name).toString()) as Told;

/** The first builds, which had no `download`; the first form of plans; the last before versions. */
const COMMITS = ["f343099", "5715370", "726e981"];
const STORES = ["embedded", "postgres"] as const;

let scratch: string;
let postgres: PostgresServer;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "tributary-older-"));
  postgres = await startPostgres();
});
afterAll(async () => {
  await postgres.stop();
  await rm(scratch, { recursive: true, force: true });
});

/** Puts an old store into place and starts today's server on it. */
async function startOn(commit: string, store: (typeof STORES)[number]): Promise<TributaryServer> {
  const dataDir = await mkdtemp(join(scratch, `${commit}-`));
  let databaseUrl: string | undefined;
  if (store === "embedded") {
    const input = unpacked(`${commit}-embedded.tar.br`);
    execFileSync("tar", ["-x", "-C", dataDir], { input });
  } else {
    databaseUrl = await postgres.createDatabase();
    const sql = unpacked(`${commit}-postgres.sql.br`).toString();
    await postgres.query(sql, new URL(databaseUrl).pathname.slice(1));
    const { key = "" } = toldBy(`${commit}-postgres.json`);
    writeFileSync(join(dataDir, "server.key"), key, { mode: 0o600 });
  }
  return startServer({
    ...{ dataDir, port: 0, adminPort: 0, tls: "none", logLevel: "silent", minimumCohort: 1 },
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  });
}

const examples = {
  features: Float32Array.from({ length: 24 }, (_, index) => ((index * 7) % 11) / 11),
  featureShape: [4],
  labels: Int32Array.from({ length: 6 }, (_, index) => index % 3),
  labelShape: [],
  count: 6,
};

/** Takes part until one report has counted. */
async function takePartOnce(client: Pick<FederatedClient, "participate" | "close">): Promise<void> {
  for await (const event of client.participate()) {
    if (event.type === "round-finished") break;
    expect(event.type).not.toBe("withdrawn");
  }
  await client.close();
}

describe.each(COMMITS)("a store of commit %s", (commit) => {
  it.each(STORES)("is opened, continued, exported and rolled back (%s)", async (store) => {
    const told = toldBy(`${commit}-${store}.json`);
    const server = await startOn(commit, store);
    try {
      const ask = async <Answer>(method: "GET" | "POST", path: string, body?: object) => {
        const response = await fetch(`${server.adminUrl}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${told.token}`,
            ...(method === "POST" ? { "content-type": "application/json" } : {}),
          },
          ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
        });
        expect([path, response.status]).toEqual([path, 200]);
        return (await response.json()) as Answer;
      };
      const takePart = (population: string, options: Partial<FederatedClientOptions> = {}) =>
        takePartOnce(
          new FederatedClient({
            ...{ url: server.url, serverKey: server.serverKey, population, examples },
            ...{ engine: "fused", floors: { minimumCohort: 1 }, ...options },
          }),
        );
      const idOf = (name: string): string => told.tasks.find((task) => task.name === name)!.id;
      const roundsOf = async (name: string) =>
        (await ask<{ rounds: { number: number }[] }>("GET", `/v1/tasks/${idOf(name)}/rounds`))
          .rounds;

      // Opened and listed: identity, tasks, plans, rounds, checkpoints, devices, and the token itself.
      expect(server.serverKey).toBe(told.serverKey);
      const { tasks } = await ask<{ tasks: object[] }>("GET", "/v1/tasks");
      expect(tasks).toMatchObject(
        told.tasks.map(({ id, name, state, planId, definition }) => ({
          ...{ id, name, state, planId, definition },
          progress: { problem: null },
        })),
      );
      const { devices } = await ask<{ devices: object[] }>(
        "GET",
        "/v1/populations/running/devices",
      );
      expect(devices).toMatchObject(told.devices);
      for (const { name, rounds } of told.tasks) expect(await roundsOf(name)).toMatchObject(rounds);

      // Exported: the weights of every checkpoint are those that its name is the hash of.
      for (const { id } of told.tasks.flatMap(({ checkpoints }) => checkpoints)) {
        const response = await fetch(`${server.adminUrl}/v1/checkpoints/${id}/tfjs/weights.bin`, {
          headers: { authorization: `Bearer ${told.token}` },
        });
        const bytes = Buffer.from(await response.arrayBuffer());
        expect(createHash("sha256").update(bytes).digest("hex")).toBe(id);
      }

      // Continued: the running task by itself, the others when an operator starts them.
      await takePart("running", { deviceKey: new Uint8Array(32).fill(9), heldOut: examples });
      expect((await roundsOf("running")).at(-1)).toMatchObject({
        ...{ kind: "training", number: 4, outcome: "committed", reported: 1 },
      });
      await ask("POST", `/v1/tasks/${idOf("paused")}/start`);
      await takePart("paused");
      expect((await roundsOf("paused")).at(-1)).toMatchObject({ number: 3, outcome: "committed" });

      // Rolled back.
      await ask("POST", `/v1/tasks/${idOf("paused")}/rollback`, { roundNumber: 1 });
      const [first, last] = [(await roundsOf("paused"))[1], (await roundsOf("paused")).at(-1)];
      expect(last).toMatchObject({ kind: "rollback", number: 4 });
      expect(Reflect.get(last!, "checkpoint")).toBe(Reflect.get(first!, "checkpoint"));
    } finally {
      await server.close();
    }
  });
});

describe("a client of commit 5715370", () => {
  it("takes part in a round of today's server, and its report counts", async () => {
    const path = join(scratch, "client.mjs");
    writeFileSync(path, unpacked("5715370-client.mjs.br"));
    const old = (await import(pathToFileURL(path).href)) as {
      readonly FederatedClient: typeof FederatedClient;
    };
    const storage = openMemoryStore({ crypto: createNodeCryptoProvider() });
    const server = await startServer(
      {
        ...{ dataDir: await mkdtemp(join(scratch, "data-")), port: 0, adminPort: 0, tls: "none" },
        ...{ logLevel: "silent", minimumCohort: 1 },
      },
      { storage },
    );
    try {
      const response = await fetch(`${server.adminUrl}/v1/tasks`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          definition: {
            ...{ population: "old", name: "old", model: { builtin: "logistic-regression" } },
            plan: { loss: "sparseCategoricalCrossentropy" },
            round: { goalCount: 1, overselection: 1, minimumFraction: 1 },
          },
          start: true,
        }),
      });
      const { id } = (await response.json()) as { id: string };
      await takePartOnce(
        new old.FederatedClient({
          ...{ url: server.url, serverKey: server.serverKey, population: "old", engine: "fused" },
          examples: {
            features: new Float32Array(4 * 784).fill(0.5),
            featureShape: [784],
            labels: Int32Array.of(1, 2, 3, 4),
            labelShape: [],
            count: 4,
          },
        }),
      );
      const rounds = await fetch(`${server.adminUrl}/v1/tasks/${id}/rounds`);
      expect(await rounds.json()).toMatchObject({
        rounds: [{ number: 1, outcome: "committed", reported: 1, rejected: 0, exampleCount: 4 }],
      });
    } finally {
      await server.close();
    }
  });
});
