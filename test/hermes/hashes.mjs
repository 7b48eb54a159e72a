// What a phone computes, as hashes: the channel, the codecs, and a step of local training. It runs
// wherever JavaScript runs, with what the platform has, and must print the same everywhere.
import {
  acceptHandshake,
  builtinModel,
  seededRandom,
  startHandshake,
  toHex,
  updateCodec,
} from "@tributary/protocol";

/** @import { CryptoProvider, UpdateKernels, UpdateSpec } from "@tributary/protocol" */
/** @import { FusedTrainer } from "@tributary/client-sdk" */

/**
 * @typedef {object} Platform
 * @property {CryptoProvider} crypto
 * @property {UpdateKernels} kernels
 * @property {FusedTrainer} trainer
 */

/** @type {readonly UpdateSpec[]} */
const UPDATES = [
  { codec: "float32" },
  { codec: "uniform", bits: 8 },
  { codec: "rotated-uniform", bits: 4 },
  { codec: "eden", bits: 1 },
  { codec: "top-k", fraction: 0.1 },
];

/**
 * @param {Platform} platform
 * @returns {Promise<Readonly<Record<string, string>>>} Hashes in hexadecimal, by what was computed.
 */
export async function hashes({ crypto, kernels, trainer }) {
  /** @param {Uint8Array} bytes */
  const hash = (bytes) => toHex(crypto.sha256(bytes));
  const random = (/** @type {string} */ name) => seededRandom(crypto, 7).derive(name);

  const channelSecret = random("server").bytes(32);
  const started = await startHandshake({
    ...{ crypto, random: random("client") },
    serverChannelKey: crypto.x25519PublicKey(channelSecret),
  });
  const { reply, channel: server } = acceptHandshake({
    ...{ crypto, random: random("ephemeral"), channelSecret, message: started.message },
  });
  const client = await started.finish(reply);
  const text = random("text").bytes(1000);
  const record = client.seal(text);
  if (hash(server.open(record)) !== hash(text)) throw new Error("The server reads something else");

  const training = await trainStep(trainer, random("training"));
  const update = training.map((value) => value / 3);
  return {
    channel: hash(client.handshakeHash),
    record: hash(record),
    ...Object.fromEntries(
      UPDATES.map((spec) => [
        `codec ${spec.codec}`,
        hash(updateCodec(spec, kernels).encode(update, random(spec.codec))),
      ]),
    ),
    weights: hash(new Uint8Array(training.buffer)),
  };
}

/**
 * @param {FusedTrainer} trainer
 * @param {ReturnType<typeof seededRandom>} random
 * @returns {Promise<Float32Array>} The weights after an epoch of three batches.
 */
async function trainStep(trainer, random) {
  const count = 30;
  const { description, values } = builtinModel("mlp-64", random.derive("model"));
  const features = new Float32Array(random.derive("features").bytes(count * 784)).map(
    (byte) => byte / 255,
  );
  const labels = Int32Array.from({ length: count }, (_, index) => index % 10);
  const { weights } = await trainer.train({
    plan: {
      ...{ version: 1, task: "hermes", population: "phones" },
      model: { format: "tfjs-layers-model", ...description },
      training: {
        ...{ localEpochs: 1, batchSize: 10, optimizer: { name: "sgd", learningRate: 0.1 } },
        ...{ loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"], trainable: "all" },
      },
      ...{ download: { encoding: "float32" }, update: { codec: "float32" }, clipNorm: null },
      ...{ aggregation: { rule: "mean" }, minimumCohort: 2 },
    },
    ...{ weights: values, random: random.derive("train") },
    examples: { features, featureShape: [784], labels, labelShape: [], count },
  });
  return weights;
}
