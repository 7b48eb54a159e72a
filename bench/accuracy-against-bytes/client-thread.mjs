// A thread that trains for clients and scores checkpoints, one job after the other. It has the
// examples of all clients in shared memory, so that any thread can train for any client.
import { workerData } from "node:worker_threads";
import { createFusedTrainer } from "@tributary/client-sdk";
import { createKernels, seededRandom, updateCodec } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";

/**
 * @typedef {import("@tributary/client-sdk").Examples} Examples
 * @typedef {import("@tributary/protocol").Plan} Plan
 * @typedef {import("@tributary/protocol/worker-port").Handling} Handling
 * @typedef {{ clients: Examples[], test: Examples, seed: number }} ThreadData
 * @typedef {{ plan: Plan, weights: Float32Array, client: number, round: number }} Training
 * @typedef {{ payload: Uint8Array<ArrayBuffer>, exampleCount: number }} Trained
 * @typedef {{ plan: Plan, weights: Float32Array }} Evaluation
 * @typedef {{
 *   train: { request: Training, answer: Trained }, evaluate: { request: Evaluation, answer: number },
 * }} ClientThreadConversation
 */

const { clients, test, seed } = /** @type {ThreadData} */ (workerData);
const trainer = await createFusedTrainer();
const kernels = await createKernels();
const random = seededRandom(createNodeCryptoProvider(), seed);

/** @param {Training} job @param {Handling} handling @returns {Promise<Trained>} */
async function train({ plan, weights, client, round }, handling) {
  const own = random.derive(`client ${client} round ${round}`);
  const examples = clients[client];
  if (examples === undefined) throw new Error(`there is no client ${client}`);
  const result = await trainer.train({ plan, weights, examples, random: own.derive("train") });
  const update = result.weights.map((value, i) => value - (weights[i] ?? Number.NaN));
  const payload = new Uint8Array(
    updateCodec(plan.update, kernels).encode(update, own.derive("encode")),
  );
  handling.transfer(payload.buffer);
  return { payload, exampleCount: result.exampleCount };
}

/** @param {Evaluation} job */
async function evaluate({ plan, weights }) {
  const metrics = await trainer.evaluate({ plan, weights, examples: test });
  return metrics["accuracy"] ?? Number.NaN;
}

/** @type {import("@tributary/protocol/worker-port").Handlers<ClientThreadConversation>} */
const handlers = { train, evaluate };
serve(ownerEndpoint(), handlers);
