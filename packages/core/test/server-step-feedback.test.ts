// What a difference loses is fed back to the next one: a model must learn through every codec that a
// task may use for it.
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  parseTask,
  planOf,
  seededRandom,
  xoshiro128,
  type Plan,
  type UpdateSpec,
} from "@tributary/protocol";
import { expect, it } from "vitest";
import { modelTerms, type ModelState } from "../src/server-step/model-state.ts";
import { packNextState } from "../src/server-step/pack-state.ts";

const DIMENSION = 2_000;
const word = xoshiro128(new Uint8Array(16).fill(7));
const best = Float32Array.from({ length: DIMENSION }, () => word() / 2 ** 31 - 1);
const yieldTurn = (): Promise<void> => Promise.resolve();

const lengthOf = (values: Float32Array): number => Math.hypot(...values);

function planWith(download: object): Plan {
  const task = parseTask({
    population: "p",
    name: "n",
    model: { path: "model.json" },
    plan: { download },
  });
  return planOf(task, { topology: {}, parameters: [{ name: "w", shape: [DIMENSION] }] });
}

/** How far the model still is from the best one, as a share of where it began. */
async function distanceAfter(rounds: number, plan: Plan): Promise<number> {
  const terms = modelTerms(plan);
  const random = seededRandom(createNodeCryptoProvider(), 1);
  let state: ModelState = { weights: new Float32Array(DIMENSION) };
  for (let round = 0; round < rounds; round++) {
    // Clients bring the model half of the way to the best one.
    const stepped = state.weights.map((value, i) => value + (best[i]! - value) / 2);
    const step = lengthOf(stepped.map((value, i) => value - state.weights[i]!));
    const next = { stepped, statistics: new Float32Array(0) };
    state = await packNextState(next, state, terms, { random, yieldTurn });
    expect(lengthOf(state.residual!)).toBeLessThanOrEqual(1.0001 * step);
  }
  return lengthOf(best.map((value, i) => value - state.weights[i]!)) / lengthOf(best);
}

it.each([
  { codec: "float16" },
  { codec: "uniform", bits: 3 },
  { codec: "rotated-uniform", bits: 2 },
  { codec: "eden", bits: 1 },
  { codec: "eden", bits: 1, entropy: true },
  { codec: "drive" },
  { codec: "qsgd", bits: 7 },
  { codec: "random-k", fraction: 0.6 },
])("a model learns through differences in %o", async (update) => {
  expect(await distanceAfter(40, planWith({ encoding: "difference", update }))).toBeLessThan(0.02);
});

it.each<UpdateSpec>([
  { codec: "random-k", fraction: 0.1 },
  { codec: "eden", bits: 0.5 },
  { codec: "qsgd", bits: 4 },
  { codec: "terngrad" },
  { codec: "top-k", fraction: 0.1 },
])(
  "a task from before %o was refused learns more slowly, and its model comes to no harm",
  async (update) => {
    const plan: Plan = {
      ...planWith({ encoding: "float32" }),
      download: { encoding: "difference", update },
    };
    expect(await distanceAfter(40, plan)).toBeLessThan(0.8);
  },
);
