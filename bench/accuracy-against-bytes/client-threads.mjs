// The threads that train. A job goes to any thread that is free, because its result depends on the
// job alone.
import { Worker } from "node:worker_threads";
import { WorkerPort } from "@tributary/protocol/worker-port";
import { threadEndpoint } from "@tributary/protocol/worker-port-node";

/**
 * @typedef {import("@tributary/client-sdk").Examples} Examples
 * @typedef {import("./client-thread.mjs").ClientThreadConversation} ClientThreadConversation
 * @typedef {import("./client-thread.mjs").ThreadData} ThreadData
 * @typedef {import("./client-thread.mjs").Training} Training
 * @typedef {import("./client-thread.mjs").Trained} Trained
 * @typedef {import("./client-thread.mjs").Evaluation} Evaluation
 * @typedef {WorkerPort<ClientThreadConversation>} Thread
 */

/** @param {Examples} examples @returns {Examples} A copy in memory that threads share. */
function shared({ features, labels, ...shape }) {
  const common = new Float32Array(new SharedArrayBuffer(4 * features.length));
  common.set(features);
  const classes = new Int32Array(new SharedArrayBuffer(4 * labels.length));
  classes.set(labels);
  return { ...shape, features: common, labels: classes };
}

export class ClientThreads {
  /** @type {Thread[]} */
  #threads;
  /** @type {Thread[]} */
  #idle;
  /** Jobs that wait for a thread. @type {((thread: Thread) => void)[]} */
  #queue = [];

  /** @param {ThreadData} data @param {number} count */
  constructor({ clients, test, seed }, count) {
    const workerData = { clients: clients.map(shared), test: shared(test), seed };
    this.#threads = Array.from({ length: count }, () => {
      const worker = new Worker(new URL("client-thread.mjs", import.meta.url), { workerData });
      return new WorkerPort(threadEndpoint(worker), { name: "A thread that trains" });
    });
    this.#idle = [...this.#threads];
  }

  /** @param {Training} job @returns {Promise<Trained>} */
  async train(job) {
    return this.#withThread((thread) => thread.ask("train", job));
  }

  /** @param {Evaluation} job @returns {Promise<number>} Accuracy on the test examples, 0 to 1. */
  async evaluate(job) {
    return this.#withThread((thread) => thread.ask("evaluate", job));
  }

  async close() {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /**
   * Gives a job to a thread that has no other one.
   * @template Result
   * @param {(thread: Thread) => Promise<Result>} job
   * @returns {Promise<Result>}
   */
  async #withThread(job) {
    /** @type {Promise<Thread>} */
    const freed = new Promise((resolve) => {
      const idle = this.#idle.pop();
      if (idle === undefined) this.#queue.push(resolve);
      else resolve(idle);
    });
    const thread = await freed;
    try {
      return await job(thread);
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#idle.push(thread);
      else next(thread);
    }
  }
}
