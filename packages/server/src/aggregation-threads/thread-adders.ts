import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { TributaryError } from "@tributary/protocol";
import { WorkerPort } from "@tributary/protocol/worker-port";
import { threadEndpoint } from "@tributary/protocol/worker-port-node";
import {
  type CombinedUpdate,
  type ExactSums,
  keepsSumsOnly,
  type AdderSpec,
  type OpenAdder,
  type UpdateAdder,
} from "@tributary/core";
import { memoryOf, type AdderConversation } from "./adder-conversation.ts";

/**
 * The thread's script, which is beside this file: built like this file, or a source like it, as in unit
 * tests. A thread inherits the flags of its process, which say how a source is run.
 */
const SCRIPT = new URL(`./adder-thread${extname(import.meta.url)}`, import.meta.url);

/**
 * A thread allocates next to nothing by JavaScript: sums live in WebAssembly's memory, payloads in
 * shared memory.
 */
const YOUNG_GENERATION_MIB = 4;

/** A thread that adds, as the thread with the sockets sees it. */
type Thread = WorkerPort<AdderConversation>;

/** A thread with so many reports before it is helped by another one. */
const REPORTS_A_THREAD = 2;

/** More would wait for the one thread with the sockets. */
const MOST_THREADS = 4;

/** One core less than there are, for the sockets' sake, and at least one thread: on one core it keeps the event loop free. */
export function usualThreads(): number {
  return Math.max(1, Math.min(MOST_THREADS, availableParallelism() - 1));
}

/**
 * Adders whose work is done by threads, which are started when there is work for them. The queue before a thread is bounded by
 * the turns for uploads, since a report keeps its turn until it has been added.
 */
export class ThreadAdders {
  readonly open: OpenAdder;
  readonly #most: number;
  readonly #script: URL;
  readonly #onDeath: (error: TributaryError) => void;
  readonly #threads: Set<Thread> = new Set();
  #nextAdder = 0;

  /**
   * @param options.threads - Most threads; ≥ 1.
   * @param options.onDeath - Told when a thread has died. The rounds it worked for fail, later ones get another.
   * @param options.script - Run by each thread; for tests.
   */
  constructor(options: {
    readonly threads: number;
    readonly onDeath: (error: TributaryError) => void;
    readonly script?: URL;
  }) {
    this.#most = options.threads;
    this.#onDeath = options.onDeath;
    this.#script = options.script ?? SCRIPT;
    this.open = (spec) => new ThreadAdder(this.#nextAdder++, spec, () => this.#leastBusy());
  }

  get threadCount(): number {
    return this.#threads.size;
  }

  /** Ends all threads. Adders are of no more use. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#threads, (thread) => thread.close()));
    this.#threads.clear();
  }

  #leastBusy(): Thread {
    let best: Thread | undefined;
    for (const thread of this.#threads) {
      if (best === undefined || thread.pending < best.pending) best = thread;
    }
    const isBusy = best === undefined || best.pending >= REPORTS_A_THREAD;
    if (best !== undefined && (!isBusy || this.#threads.size >= this.#most)) return best;
    const thread: Thread = startThread(this.#script, (error) => {
      this.#threads.delete(thread);
      this.#onDeath(error);
    });
    this.#threads.add(thread);
    return thread;
  }
}

function startThread(script: URL, onDeath: (error: TributaryError) => void): Thread {
  const worker = new Worker(script, {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
  });
  worker.unref(); // a server that has closed all else may end
  return new WorkerPort(threadEndpoint(worker), { name: "A thread that adds up reports", onDeath });
}

/** One round's adder: each thread that works for it has a sum of its own, which become one in the end. */
class ThreadAdder implements UpdateAdder {
  readonly dimension: number;
  readonly #id: number;
  readonly #spec: AdderSpec;
  readonly #pickThread: () => Thread;
  /** In the order in which they were first used. */
  readonly #threads: Set<Thread> = new Set();
  #combined: Float64Array | undefined;

  constructor(id: number, spec: AdderSpec, pickThread: () => Thread) {
    this.dimension = spec.dimension;
    this.#id = id;
    this.#spec = spec;
    this.#pickThread = pickThread;
  }

  async add(payload: Uint8Array, exampleCount: number): Promise<void> {
    await this.#take().ask("add", { adder: this.#id, payload, exampleCount });
  }

  async combine(): Promise<CombinedUpdate> {
    const adder = this.#id;
    if (this.#threads.size === 0) this.#take();
    const [first, ...others] = this.#threads;
    if (first === undefined) throw new TributaryError("INTERNAL", "No thread was taken");
    for (const other of others) {
      const partial = await other.ask("partial", { adder });
      await first.ask("merge", { adder, partial }, { transfer: memoryOf(partial) });
    }
    const { sums, weight } = await first.ask("combine", { adder });
    this.#combined = sums;
    return { sums: new ArrivedSums(sums), weight };
  }

  discard(): void {
    this.#combined?.fill(0);
    for (const thread of this.#threads) thread.tell("discard", { adder: this.#id });
    this.#threads.clear();
  }

  /** A thread for the next report, which has been told of the round. A rule that compares updates has all of them in one. */
  #take(): Thread {
    for (const thread of this.#threads) {
      if (!thread.isAlive) {
        throw new TributaryError("INTERNAL", "What the round had added up is lost");
      }
    }
    const [first] = this.#threads;
    if (first !== undefined && !keepsSumsOnly(this.#spec.aggregation)) return first;
    const thread = this.#pickThread();
    if (!this.#threads.has(thread)) {
      this.#threads.add(thread);
      thread.tell("open", { adder: this.#id, spec: this.#spec });
    }
    return thread;
  }
}

class ArrivedSums implements ExactSums {
  readonly dimension: number;
  readonly #sums: Float64Array;

  constructor(sums: Float64Array) {
    this.dimension = sums.length;
    this.#sums = sums;
  }

  read(offset: number, target: Float64Array): void {
    target.set(this.#sums.subarray(offset, offset + target.length));
  }
}
