import { setImmediate as nextMacrotask } from "node:timers/promises";
import { expect, it } from "vitest";
import { localWorker } from "../src/runner/local-worker.ts";
import type { PoolWorker } from "../src/runner/pool-worker.ts";
import { sharedPool } from "../src/runner/shared-pool.ts";
import type {
  ClientReport,
  ClientWork,
  PoolRound,
  TrainerPool,
} from "../src/runner/trainer-pool.ts";

/** What a worker does that has no clients and no examples. */
const idleWorkplace = {
  begin: () => Promise.resolve("fused" as const),
  score: () => Promise.resolve({ exampleCount: 1, metrics: {}, bases: [] }),
  takeSums: () => undefined,
  close: () => {},
};

/** A pool of clients that are too quick to let other work of the thread run, with breaks between them. */
function quickClients(done: string[]): TrainerPool {
  const workplace = {
    ...idleWorkplace,
    async work(
      _: unknown,
      next: () => ClientWork | undefined,
      reported: (report: ClientReport) => void,
    ) {
      for (let work = next(); work !== undefined; work = next()) {
        done.push(`client ${work.client}`);
        reported({ client: work.client } as ClientReport);
      }
    },
    score: (_: unknown, first: number) => {
      done.push(`examples from ${first}`);
      return Promise.resolve({ exampleCount: 1, metrics: {}, bases: [] });
    },
  };
  return sharedPool([localWorker(workplace, () => nextMacrotask())], 10_000);
}

it("A stop that comes while one thread works ends the work before the next client or part of a score", async () => {
  const done: string[] = [];
  const pool = quickClients(done);
  const stopSoon = (): AbortSignal => {
    const stop = new AbortController();
    setImmediate(() => setImmediate(() => stop.abort()));
    return stop.signal;
  };
  const clients = Array.from({ length: 1_000 }, (_, client) => ({ client }));
  const work = pool.work({} as PoolRound, clients, () => {}, stopSoon());
  await expect(work).rejects.toThrow("aborted");
  expect(done).toEqual(["client 0"]);
  await expect(pool.score(new Float32Array(0), stopSoon())).rejects.toThrow("aborted");
  expect(done).toEqual(["client 0", "examples from 0"]);
});

/** A worker of clients that each take a turn of the event loop; the client `failing` fails. */
function slowWorker(done: number[], failing?: number): PoolWorker {
  const workplace = {
    async work(
      _: unknown,
      next: () => ClientWork | undefined,
      reported: (report: ClientReport) => void,
    ) {
      for (let work = next(); work !== undefined; work = next()) {
        await nextMacrotask();
        const { client } = work;
        if (client === failing) throw new Error(`Client ${client} fails`);
        done.push(client);
        reported({ client } as ClientReport);
      }
    },
  };
  return localWorker({ ...idleWorkplace, ...workplace }, () => undefined);
}

const twelve = Array.from({ length: 12 }, (_, client) => ({ client }));

it("Workers share the clients of a round, and no two do the same one", async () => {
  const [here, there]: [number[], number[]] = [[], []];
  const reports: number[] = [];
  const pool = sharedPool([slowWorker(here), slowWorker(there)], 0);
  const { signal } = new AbortController();
  await pool.work({} as PoolRound, twelve, ({ client }) => reports.push(client), signal);
  expect([here.length, there.length]).toEqual([6, 6]);
  expect(reports.toSorted((a, b) => a - b)).toEqual(twelve.map(({ client }) => client));
});

it("A client that fails lets no worker take another one", async () => {
  const done: number[] = [];
  const pool = sharedPool([slowWorker(done, 2), slowWorker(done, 2)], 0);
  const { signal } = new AbortController();
  const work = pool.work({} as PoolRound, twelve, () => {}, signal);
  await expect(work).rejects.toThrow("Client 2 fails");
  expect(done.length).toBeLessThan(6);
});
