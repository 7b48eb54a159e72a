import { Worker } from "node:worker_threads";
import { TributaryError } from "@tributary/protocol";
import type { ThreadAnswer, ThreadRequest } from "./thread-messages.ts";

/** A thread allocates next to nothing by JavaScript: sums live in WebAssembly's memory, payloads in shared memory. */
const YOUNG_GENERATION_MIB = 4;

interface Job {
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: TributaryError) => void;
}

type WithoutJob<Request> = Request extends { readonly job: number } ? Omit<Request, "job"> : never;

/** One thread that adds, as the main thread sees it. */
export class Thread {
  readonly #worker: Worker;
  readonly #jobs: Map<number, Job> = new Map();
  readonly #ended: Promise<void>;
  #nextJob = 0;
  #isAlive = true;

  /** @param onDeath - Called once, if the thread ends without having been told to. */
  constructor(script: URL, onDeath: (error: TributaryError) => void) {
    const worker = new Worker(script, {
      // Not those of this process, by which a test resolves packages to sources.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MIB },
    });
    this.#worker = worker;
    worker.unref(); // a server that has closed all else may end
    worker.on("message", (answer: ThreadAnswer) => {
      const job = this.#jobs.get(answer.job);
      this.#jobs.delete(answer.job);
      if (answer.type === "failed") job?.reject(new TributaryError(answer.code, answer.message));
      else job?.resolve(answer);
    });
    let cause: unknown;
    worker.on("error", (error) => (cause = error));
    this.#ended = new Promise((resolve) => {
      worker.once("exit", () => {
        resolve();
        if (!this.#isAlive) return;
        this.#isAlive = false;
        const error = new TributaryError("INTERNAL", "A thread that adds up reports has died", {
          cause,
        });
        for (const job of this.#jobs.values()) job.reject(error);
        this.#jobs.clear();
        onDeath(error);
      });
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** Requests that have not been answered. */
  get waiting(): number {
    return this.#jobs.size;
  }

  /** For requests that have no answer. */
  tell(request: Exclude<ThreadRequest, { readonly job: number }>): void {
    if (this.#isAlive) this.#worker.postMessage(request);
  }

  /**
   * @param transferred - Moves to the thread and is gone here.
   * @throws TributaryError what the thread says, or `INTERNAL` when it dies.
   */
  ask(
    request: WithoutJob<ThreadRequest>,
    transferred: readonly ArrayBuffer[] = [],
  ): Promise<ThreadAnswer> {
    return new Promise((resolve, reject) => {
      if (!this.#isAlive) {
        reject(new TributaryError("INTERNAL", "A thread that adds up reports has gone"));
        return;
      }
      const job = this.#nextJob++;
      this.#jobs.set(job, { resolve, reject });
      this.#worker.postMessage({ ...request, job }, transferred);
    });
  }

  /** Ends the thread; what it was asked is never answered. */
  async stop(): Promise<void> {
    this.#isAlive = false;
    await this.#worker.terminate();
    await this.#ended;
  }
}
