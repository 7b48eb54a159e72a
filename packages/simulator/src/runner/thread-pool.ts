import type { PartialSum } from "@tributary/core";
import type { WorkerPort } from "@tributary/protocol/worker-port";
import type { Vectors } from "../algorithms/algorithm.ts";
import type { PoolConversation } from "./pool-conversation.ts";
import { inSharedMemory, shared, type SimulationData } from "./simulation-data.ts";
import { startThread } from "./start-thread.ts";
import {
  SCORED_AT_ONCE,
  type ClientReport,
  type ClientWork,
  type PoolRound,
  type PoolTask,
  type TrainerPool,
  type UsedEngine,
} from "./trainer-pool.ts";

const inSharedVectors = (vectors: Vectors): Vectors =>
  Object.fromEntries(
    Object.entries(vectors).map(([name, values]) => [name, shared(values, Float32Array)]),
  );

/** What a client keeps is sent to all threads, so that it must not be copied for each of them. */
function withSharedKept(work: ClientWork): ClientWork {
  if (work.kept === undefined) return work;
  const { residual, localLayers, vectors } = work.kept;
  const kept = {
    ...(residual && { residual: shared(residual, Float32Array) }),
    ...(localLayers && { localLayers: shared(localLayers, Float32Array) }),
    ...(vectors && { vectors: inSharedVectors(vectors) }),
  };
  return { ...work, kept };
}

type Thread = WorkerPort<PoolConversation>;

/** Threads that do the work of clients. Which of them does what depends on which is free. */
export class ThreadPool implements TrainerPool {
  readonly #threads: readonly Thread[];
  readonly #heldOutCount: number;

  /** @param data - It is copied once into memory that the threads share. */
  constructor(data: SimulationData, threads: number) {
    const workerData = inSharedMemory(data);
    this.#heldOutCount = data.test.count;
    const name = "A thread of the simulation";
    this.#threads = Array.from({ length: threads }, () =>
      startThread<PoolConversation>("./pool-thread", import.meta.url, { name, workerData }),
    );
  }

  async begin(task: PoolTask): Promise<UsedEngine> {
    const engines = await Promise.all(this.#threads.map((thread) => thread.ask("begin", task)));
    return engines[0]!;
  }

  async work(
    { weights, sent = {}, ...rest }: PoolRound,
    clients: readonly ClientWork[],
    reported: (report: ClientReport) => void,
    signal: AbortSignal,
  ): Promise<readonly PartialSum[]> {
    const round: PoolRound = {
      ...rest,
      weights: shared(weights, Float32Array),
      sent: inSharedVectors(sent),
    };
    // All threads get all of the work at once and take from it one client after the other, so that
    // they end at the same time and no message goes back and forth between two clients.
    const taken = new Int32Array(new SharedArrayBuffer(4));
    const request = { round, clients: clients.map(withSharedKept), taken };
    const sums: PartialSum[] = [];
    try {
      await this.#everyThread(signal, async (thread, stop) => {
        while (Atomics.load(taken, 0) < clients.length) {
          const done = await thread.ask("work", request, { signal: stop });
          for (const report of done.reports) reported(report);
          if (done.sums !== undefined) sums.push(done.sums);
        }
      });
    } finally {
      // After an error, no thread takes another client.
      Atomics.store(taken, 0, clients.length);
    }
    return sums;
  }

  async score(
    weights: Float32Array,
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<TrainerPool["score"]>>> {
    const all = shared(weights, Float32Array);
    const parts: PoolConversation["score"]["answer"][] = [];
    let next = 0;
    await this.#everyThread(signal, async (thread, stop) => {
      while (next * SCORED_AT_ONCE < this.#heldOutCount) {
        const part = next++;
        const request = { weights: all, first: part * SCORED_AT_ONCE };
        parts[part] = await thread.ask("score", request, { signal: stop });
      }
    });
    return parts;
  }

  /** See `TrainerPool.close`. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /** Lets all threads take from the same work. The first error stops the others. */
  async #everyThread(
    signal: AbortSignal,
    take: (thread: Thread, stop: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const failure = new AbortController();
    const stop = AbortSignal.any([signal, failure.signal]);
    const takers = this.#threads.map((thread) => take(thread, stop));
    try {
      await Promise.all(takers);
    } catch (error) {
      failure.abort(error);
      await Promise.allSettled(takers);
      throw error;
    }
  }
}
