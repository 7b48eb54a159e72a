import { setImmediate as nextMacrotask } from "node:timers/promises";
import { expect, it } from "vitest";
import { localPool } from "../src/runner/local-pool.ts";
import type { ClientReport, ClientWork, PoolRound } from "../src/runner/trainer-pool.ts";

/** A pool of clients that are too quick to let other work of the thread run, with breaks between them. */
function quickClients(done: string[]): ReturnType<typeof localPool> {
  const workplace = {
    begin: () => Promise.resolve("fused" as const),
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
    takeSums: () => undefined,
    close: () => {},
  };
  return localPool(workplace, 10_000, () => nextMacrotask());
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
