// What is compared. The learning rates are the best of those that were tried with float32. The codecs use the same rate as
// float32: a rate of their own could only make them better.

/**
 * @typedef {import("./run-cell.mjs").Cell} Cell
 * @typedef {{ data: string, clients: number, cohort: number, target: number, cells: readonly Cell[] }} Experiment
 */

/** @param {number | string} bits @returns {object} */
const eden = (bits) => ({ codec: "eden", bits: Number(bits) });
const FLOAT32 = { codec: "float32" };

const AVERAGING = { batchSize: 10, learningRate: 0.215, maxRounds: 300, evaluateEvery: 1 };
/** FedSGD takes one step in each round, on all examples of a client. */
const FEDSGD = { batchSize: 600, learningRate: 1, maxRounds: 2_000, evaluateEvery: 10 };

/** For how many rounds the other learning rates are tried. */
const GRID_ROUNDS = 60;
const FEDSGD_GRID_ROUNDS = 100;

/** @type {Experiment} */
export const FULL = {
  data: "mnist",
  clients: 100,
  cohort: 10,
  target: 0.97,
  cells: [
    { name: "fedsgd", label: "FedSGD, float32", update: FLOAT32, ...FEDSGD },
    { name: "float32", label: "float32", update: FLOAT32, ...AVERAGING },
    ...[8, 4, 2, 1, 0.5, 0.125, 0.0625].map((bits) => ({
      name: `eden-${bits}`,
      label: bits === 1 ? "1 bit" : `${bits} bits`,
      update: eden(bits),
      ...AVERAGING,
    })),
    {
      name: "eden-4-difference",
      label: "4 bits, differences down",
      update: eden(4),
      download: { encoding: "difference", update: eden(8) },
      ...AVERAGING,
    },
    ...[0.1, 0.464].map((learningRate) => ({
      name: `grid-float32-${learningRate}`,
      label: `float32, η ${learningRate}`,
      update: FLOAT32,
      ...AVERAGING,
      learningRate,
      maxRounds: GRID_ROUNDS,
    })),
    ...[0.215, 0.464, 2.15].map((learningRate) => ({
      name: `grid-fedsgd-${learningRate}`,
      label: `FedSGD, η ${learningRate}`,
      update: FLOAT32,
      ...FEDSGD,
      learningRate,
      maxRounds: FEDSGD_GRID_ROUNDS,
    })),
  ],
};

/** The same on few drawn digits. It takes seconds and shows that everything works. @type {Experiment} */
export const QUICK = {
  data: "writers",
  clients: 10,
  cohort: 4,
  target: 0.55,
  cells: [
    {
      name: "fedsgd",
      label: "FedSGD, float32",
      update: FLOAT32,
      ...FEDSGD,
      learningRate: 0.464,
      maxRounds: 30,
      evaluateEvery: 5,
    },
    { name: "float32", label: "float32", update: FLOAT32, ...AVERAGING, maxRounds: 5 },
    { name: "eden-1", label: "1 bit", update: eden(1), ...AVERAGING, maxRounds: 5 },
    {
      name: "eden-4-difference",
      label: "4 bits, differences down",
      update: eden(4),
      download: { encoding: "difference", update: eden(8) },
      ...AVERAGING,
      maxRounds: 5,
    },
  ],
};
