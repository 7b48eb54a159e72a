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
} from "./trainer-pool.ts";

/** How many requests a thread has at a time, so that it never waits for the next one. */
const REQUESTS_AHEAD = 2;

/** The most clients that a thread is asked for at once. Their payloads are in memory together. */
const MOST_AT_ONCE = 16;

const inSharedVectors = (vectors: Vectors): Vectors =>
  Object.fromEntries(
    Object.entries(vectors).map(([name, values]) => [name, shared(values, Float32Array)]),
  );

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

  async begin(task: PoolTask): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.ask("begin", task)));
  }

  async work(
    { weights, sent = {}, ...rest }: PoolRound,
    clients: readonly ClientWork[],
    reported: (report: ClientReport) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const round: PoolRound = {
      ...rest,
      weights: shared(weights, Float32Array),
      sent: inSharedVectors(sent),
    };
    let next = 0;
    await this.#everyThread(signal, async (thread, stop) => {
      while (next < clients.length) {
        // The requests become smaller towards the end, so that all threads end at the same time.
        const ahead = 2 * REQUESTS_AHEAD * this.#threads.length;
        const size = Math.min(MOST_AT_ONCE, Math.ceil((clients.length - next) / ahead));
        const some = clients.slice(next, (next += size));
        const reports = await thread.ask("work", { round, clients: some }, { signal: stop });
        for (const report of reports) reported(report);
      }
    });
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
    const takers = this.#threads.flatMap((thread) =>
      Array.from({ length: REQUESTS_AHEAD }, () => take(thread, stop)),
    );
    try {
      await Promise.all(takers);
    } catch (error) {
      failure.abort(error);
      await Promise.allSettled(takers);
      throw error;
    }
  }
}
