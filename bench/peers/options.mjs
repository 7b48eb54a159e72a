// What the command line of run.mjs can say.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** The packages that each peer is installed from. PyTorch, which the others use too, comes first. */
export const PACKAGES = /** @type {const} */ ({
  torch: ["torch", "numpy"],
  pfl: ["pfl"],
  flwr: ["flwr[simulation]"],
});

/** @typedef {keyof typeof PACKAGES} Peer */

const PEERS = /** @type {readonly Peer[]} */ (Object.keys(PACKAGES));

/**
 * @typedef {object} Options
 * @property {string} workload - As in `bench simulate`. Each client has examples of its own in it.
 * @property {number} rounds - Measured rounds, after some to warm up.
 * @property {number} repeats - How often all are measured, one after the other.
 * @property {number} seed
 * @property {"fused" | "native"} [engine] - The engine of ours that the others are compared with. Left
 *   out: the fastest for the workload.
 * @property {number} threads - Threads that each of them may train on.
 * @property {readonly Peer[]} peers
 * @property {string} python - The interpreter of which the environment is made.
 * @property {string} folder - Where the environment is kept.
 * @property {boolean} json
 * @property {boolean} record
 */

/** The engines of ours. */
const ENGINES = /** @type {const} */ (["fused", "native"]);

/** How many rounds are measured unless the command says it. */
const ROUNDS = /** @type {Readonly<Record<string, number>>} */ ({
  "lr-50x50": 30,
  "lr-10x60": 60,
  "cifar-cnn-50x50": 2,
});

/**
 * @param {readonly string[]} args
 * @returns {Options}
 * @throws Error that says which argument is wrong.
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      workload: { type: "string", default: "lr-50x50" },
      rounds: { type: "string" },
      repeats: { type: "string", default: "3" },
      seed: { type: "string", default: "1" },
      engine: { type: "string" },
      threads: { type: "string", default: "1" },
      peers: { type: "string", default: PEERS.join(",") },
      python: { type: "string", default: "python3" },
      folder: { type: "string", default: join(tmpdir(), "tributary-peers") },
      json: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
    },
  });
  const usual = ROUNDS[values.workload];
  if (usual === undefined) {
    throw new Error(
      `There is no workload ${values.workload} for peers: use one of ${Object.keys(ROUNDS).join(", ")}.`,
    );
  }
  const named = values.peers.split(",");
  const unknown = named.find((name) => !PEERS.some((peer) => peer === name));
  if (unknown !== undefined) {
    throw new Error(`There is no peer ${unknown}: use some of ${PEERS.join(",")}.`);
  }
  const engine = ENGINES.find((name) => name === values.engine);
  if (engine === undefined && values.engine !== undefined) {
    throw new Error(`There is no engine ${values.engine} for peers: use ${ENGINES.join(" or ")}.`);
  }
  const { engine: _, ...rest } = values;
  return {
    ...rest,
    ...(engine === undefined ? {} : { engine }),
    threads: wholeNumber("threads", values.threads, 1),
    rounds: wholeNumber("rounds", values.rounds ?? String(usual), 1),
    repeats: wholeNumber("repeats", values.repeats, 1),
    seed: wholeNumber("seed", values.seed, 0),
    peers: PEERS.filter((peer) => named.includes(peer)),
  };
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} least
 */
function wholeNumber(name, text, least) {
  const value = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${name} is ${text}, and must be a whole number of at least ${least}.`);
}
