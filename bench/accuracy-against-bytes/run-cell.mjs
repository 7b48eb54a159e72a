// Runs one cell, which is one line of the table: federated averaging with one codec until the
// target is reached. Trainer, codecs, aggregation and server step are those of the packages. Only
// sockets and the store are left out.
import {
  asTributaryError,
  packedLengthLimit,
  parseTask,
  planOf,
  shuffledIndices,
  downloadCodec,
} from "@tributary/protocol";
import { localAdders, modelTerms, openCollection, serverOptimizer } from "@tributary/core";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { crossing } from "./crossing.mjs";

/**
 * @typedef {{
 *   name: string, label: string, update: object, download?: object, batchSize: number, learningRate: number,
 *   maxRounds: number, evaluateEvery: number,
 * }} Cell
 * @typedef {{ rounds: number, megabytesUp: number, megabytesDown: number, accuracy: number }} Point
 * @typedef {{
 *   cell: Cell, payloadBytes: number, wholeBytes: number, differenceBytes: number | null, rounds: number,
 *   finalAccuracy: number, bestAccuracy: number, target: Omit<Point, "accuracy"> | null, points: Point[], seconds: number,
 *   divergedIn: number | null,
 * }} CellResult
 * @typedef {{
 *   threads: import("./client-threads.mjs").ClientThreads, clients: number, cohort: number, target: number,
 *   model: import("@tributary/protocol").BuiltinModel, random: import("@tributary/protocol").RandomSource,
 *   say: (text: string) => void,
 * }} Setting
 */

/** Errors of clients and of the server that mean that the learning rate is too large. @type {ReadonlySet<string>} */
const DIVERGED = new Set(["TRAINING_FAILED", "UPDATE_NOT_FINITE", "UPDATE_OUT_OF_RANGE"]);

/** @returns {Promise<void>} */
const yieldTurn = () => Promise.resolve();

/**
 * Runs a cell. All cells with the same seed begin with the same weights and draw the same cohorts.
 * @param {Cell} cell
 * @param {Setting} setting
 * @returns {Promise<CellResult>}
 */
export async function runCell(cell, { threads, clients, cohort, target, model, random, say }) {
  const startedAtMs = performance.now();
  const task = taskOf(cell, cohort);
  const plan = planOf(task, model.description);
  const terms = modelTerms(plan);
  const { layout, codec } = terms;
  const openAdder = localAdders(createNodeCryptoProvider());
  const whole = downloadCodec(plan.download);
  const wholeBytes =
    plan.download.encoding === "float16" && whole !== undefined
      ? packedLengthLimit(whole, layout.size)
      : 4 * layout.size;

  /** @type {import("@tributary/core").ModelState} */
  let state = { weights: model.values.slice() };
  let bytesUp = 0;
  let bytesDown = 0;
  /** The clients that hold the checkpoint before the newest. @type {Set<number>} */
  let holders = new Set();
  /** @type {Point[]} */
  const points = [];
  /** A checkpoint is scored while the next round trains. @type {Promise<Point> | undefined} */
  let scoring;
  const score = async () => {
    if (scoring === undefined) return false;
    const point = await scoring;
    points.push(point);
    scoring = undefined;
    const { rounds, megabytesUp, accuracy } = point;
    say(
      `${cell.name}  round ${rounds}  ${(100 * accuracy).toFixed(2)} %  ${megabytesUp.toFixed(2)} MB up`,
    );
    return accuracy >= target;
  };

  /** @param {number} round @returns {Promise<boolean>} Whether that was the last one. */
  const runRound = async (round) => {
    const order = shuffledIndices(clients, random.derive(`round ${round}`));
    const members = [...order.subarray(0, cohort)];
    for (const member of members) {
      const { difference } = state;
      bytesDown += difference !== undefined && holders.has(member) ? difference.length : wholeBytes;
    }
    const { weights } = state;
    const trainings = members.map((client) => threads.train({ plan, weights, client, round }));
    const [reached, ...trained] = await Promise.all([score(), ...trainings]);
    if (reached) return true;
    const collection = openCollection("training", {
      terms,
      openAdder,
      optimizer: serverOptimizer(task.serverOptimizer),
      weighting: task,
    });
    for (const { payload, exampleCount } of trained) {
      bytesUp += payload.length;
      await collection.receive({ payload, exampleCount, metrics: [] });
    }
    const packing = { random: random.derive(`round ${round} pack`), yieldTurn };
    state = (await collection.combine(state, packing)) ?? state;
    collection.discard();
    holders = new Set(members);
    if (round % cell.evaluateEvery === 0 || round === cell.maxRounds) {
      const traffic = {
        rounds: round,
        megabytesUp: bytesUp / 1e6,
        megabytesDown: bytesDown / 1e6,
      };
      scoring = threads
        .evaluate({ plan, weights: state.weights })
        .then((accuracy) => ({ ...traffic, accuracy }));
    }
    return false;
  };

  let divergedIn = null;
  for (let round = 1; round <= cell.maxRounds; round++) {
    try {
      if (await runRound(round)) break;
    } catch (error) {
      if (!DIVERGED.has(asTributaryError(error).code)) throw error;
      divergedIn = round;
      say(`${cell.name}  round ${round}  diverged`);
      break;
    }
  }
  await score();
  const last = points.at(-1);
  return {
    cell,
    payloadBytes: codec.payloadBytes(layout.size).max,
    wholeBytes,
    differenceBytes: state.difference?.length ?? null,
    rounds: last?.rounds ?? 0,
    finalAccuracy: last?.accuracy ?? Number.NaN,
    bestAccuracy: Math.max(0, ...points.map(({ accuracy }) => accuracy)),
    target: crossing(points, target),
    divergedIn,
    points,
    seconds: Math.round((performance.now() - startedAtMs) / 100) / 10,
  };
}

/** @param {Cell} cell @param {number} cohort */
function taskOf({ name, update, download, batchSize, learningRate }, cohort) {
  return parseTask({
    population: "bench",
    name,
    model: { builtin: "mcmahan-2nn" },
    plan: {
      localEpochs: 1,
      batchSize,
      optimizer: { name: "sgd", learningRate },
      loss: "categoricalCrossentropy",
      metrics: ["accuracy"],
      update,
      ...(download === undefined ? {} : { download }),
    },
    round: { goalCount: cohort, overselection: 1 },
    // The clients are the benchmark's own, so that what they claim is true.
    maximumExamples: 1_048_576,
  });
}
