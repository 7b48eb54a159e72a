// A thread that trains for clients and scores checkpoints, one job after the other. It has the examples of all clients in
// shared memory, so that any thread can train for any client.
import { parentPort, workerData } from "node:worker_threads";
import { createFusedTrainer } from "@tributary/client-sdk";
import { asTributaryError, createKernels, seededRandom, updateCodec } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";

/**
 * @typedef {import("@tributary/client-sdk").Examples} Examples
 * @typedef {import("@tributary/protocol").Plan} Plan
 * @typedef {{ clients: Examples[], test: Examples, seed: number }} ThreadData
 * @typedef {{ kind: "train", id: number, plan: Plan, weights: Float32Array, client: number, round: number }} TrainJob
 * @typedef {{ kind: "evaluate", id: number, plan: Plan, weights: Float32Array }} EvaluateJob
 * @typedef {{ payload: Uint8Array<ArrayBuffer>, exampleCount: number }} Trained
 * @typedef {{ code: import("@tributary/protocol").ErrorCode, message: string }} Failure
 * @typedef {{ id: number, trained?: Trained, accuracy?: number, failure?: Failure }} JobDone
 */

const { clients, test, seed } = /** @type {ThreadData} */ (workerData);
if (parentPort === null) throw new Error("this is a worker thread of accuracy-against-bytes.mjs");
const port = parentPort;
const trainer = await createFusedTrainer();
const kernels = await createKernels();
const random = seededRandom(createNodeCryptoProvider(), seed);

/** @param {TrainJob} job @returns {Promise<Trained>} */
async function train({ plan, weights, client, round }) {
  const own = random.derive(`client ${client} round ${round}`);
  const examples = clients[client];
  if (examples === undefined) throw new Error(`there is no client ${client}`);
  const result = await trainer.train({ plan, weights, examples, random: own.derive("train") });
  const update = result.weights.map((value, i) => value - (weights[i] ?? Number.NaN));
  const payload = updateCodec(plan.update, kernels).encode(update, own.derive("encode"));
  return { payload: new Uint8Array(payload), exampleCount: result.exampleCount };
}

/** @param {TrainJob | EvaluateJob} job @returns {Promise<JobDone>} */
async function perform(job) {
  const { id } = job;
  try {
    if (job.kind === "train") return { id, trained: await train(job) };
    const { plan, weights } = job;
    const metrics = await trainer.evaluate({ plan, weights, examples: test });
    return { id, accuracy: metrics["accuracy"] ?? Number.NaN };
  } catch (error) {
    const { code, message } = asTributaryError(error);
    return { id, failure: { code, message } };
  }
}

/** @param {TrainJob | EvaluateJob} job */
async function answer(job) {
  const done = await perform(job);
  port.postMessage(done, done.trained === undefined ? [] : [done.trained.payload.buffer]);
}

port.on("message", (/** @type {TrainJob | EvaluateJob} */ job) => void answer(job));
