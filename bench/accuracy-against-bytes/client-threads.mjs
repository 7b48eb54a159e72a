// The threads that train. A job goes to any thread that is free, because its result depends on the job alone.
import { Worker } from "node:worker_threads";
import { TributaryError } from "@tributary/protocol";

/**
 * @typedef {import("./client-thread.mjs").ThreadData} ThreadData
 * @typedef {import("./client-thread.mjs").JobDone} JobDone
 * @typedef {import("./client-thread.mjs").Trained} Trained
 * @typedef {import("@tributary/client-sdk").Examples} Examples
 * @typedef {{ kind: "train", plan: import("@tributary/protocol").Plan, weights: Float32Array, client: number, round: number }} Training
 * @typedef {{ kind: "evaluate", plan: import("@tributary/protocol").Plan, weights: Float32Array }} Evaluation
 * @typedef {{ resolve: (done: JobDone) => void, reject: (error: Error) => void }} Waiter
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
  /** @type {Worker[]} */
  #workers = [];
  /** @type {Worker[]} */
  #idle = [];
  /** @type {((worker: Worker) => void)[]} */
  #queue = [];
  /** @type {Map<number, Waiter>} */
  #waiting = new Map();
  #lastId = 0;

  /** @param {ThreadData} data @param {number} count */
  constructor({ clients, test, seed }, count) {
    const workerData = { clients: clients.map(shared), test: shared(test), seed };
    for (let i = 0; i < count; i++) {
      const worker = new Worker(new URL("client-thread.mjs", import.meta.url), { workerData });
      worker.on("message", (/** @type {JobDone} */ done) => this.#finish(worker, done));
      worker.on("error", (error) => this.#fail(error instanceof Error ? error : new Error("lost")));
      this.#workers.push(worker);
      this.#idle.push(worker);
    }
  }

  /** @param {Training} job @returns {Promise<Trained>} */
  async train(job) {
    const { trained } = await this.#run(job);
    if (trained === undefined) throw new Error("a training job gave no update");
    return trained;
  }

  /** @param {Evaluation} job @returns {Promise<number>} Accuracy on the test examples, 0 to 1. */
  async evaluate(job) {
    const { accuracy } = await this.#run(job);
    return accuracy ?? Number.NaN;
  }

  async close() {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** @param {Training | Evaluation} job @returns {Promise<JobDone>} */
  #run(job) {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const start = (/** @type {Worker} */ worker) => worker.postMessage({ id, ...job });
      const worker = this.#idle.pop();
      if (worker === undefined) this.#queue.push(start);
      else start(worker);
    });
  }

  /** @param {Worker} worker @param {JobDone} done */
  #finish(worker, done) {
    const waiter = this.#waiting.get(done.id);
    this.#waiting.delete(done.id);
    const next = this.#queue.shift();
    if (next === undefined) this.#idle.push(worker);
    else next(worker);
    const { failure } = done;
    if (failure === undefined) waiter?.resolve(done);
    else waiter?.reject(new TributaryError(failure.code, failure.message));
  }

  /** @param {Error} error */
  #fail(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
