import { toHex, xoshiro128, type ServerOptimizerSpec, type ValueRange } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";

import type { CombinedUpdate } from "../src/aggregation/aggregation-rule.ts";
import { decodeMemory, encodeMemory } from "../src/server-step/optimizer-memory.ts";
import { optimizerStep, type OptimizedWeights } from "../src/server-step/optimizer-step.ts";
import { serverOptimizer } from "../src/server-step/server-optimizers.ts";
import { bitsOf } from "../src/testing/bits-of.ts";

const crypto = createNodeCryptoProvider();
const SPECS: readonly ServerOptimizerSpec[] = [
  { name: "fedavg", learningRate: 0.7 },
  { name: "fedavgm", learningRate: 0.7, momentum: 0.9 },
  { name: "fedadagrad", learningRate: 0.1, tau: 0.001 },
  { name: "fedadam", learningRate: 0.01, beta1: 0.9, beta2: 0.99, tau: 0.001 },
  { name: "fedyogi", learningRate: 0.01, beta1: 0.9, beta2: 0.99, tau: 0.001 },
];

/** The first digits of the SHA-256 of what twenty rounds come to: weights, then memory. */
const BITS: Readonly<Record<ServerOptimizerSpec["name"], string>> = {
  fedavg: "f5c0e8f5f83c870b",
  fedavgm: "73dbf1f2fd465b0e",
  fedadagrad: "6bc1e83ea65856ba",
  fedadam: "5d48cf6613e777a8",
  fedyogi: "bf8c6402f694127e",
};

const whole = (length: number): ValueRange[] => [{ offset: 0, length }];
const yieldTurn = (): Promise<void> => Promise.resolve();

/** A combined update whose sums are these. */
function updateOf(sums: readonly number[] | Float64Array, weight = 1): CombinedUpdate {
  const values = Float64Array.from(sums);
  const read = (offset: number, target: Float64Array): void =>
    target.set(values.subarray(offset, offset + target.length));
  return { sums: { dimension: values.length, read }, weight };
}

/** Applies updates one after the other to weights that begin with 0. */
async function steps(
  spec: ServerOptimizerSpec,
  updates: readonly CombinedUpdate[],
  ranges?: readonly ValueRange[],
): Promise<OptimizedWeights> {
  const dimension = updates[0]!.sums.dimension;
  let state: OptimizedWeights = { weights: new Float32Array(dimension) };
  for (const update of updates) {
    const where = ranges ?? whole(dimension);
    state = await optimizerStep(serverOptimizer(spec), state, where, update, yieldTurn);
  }
  return state;
}

/** Updates of 5,000 values, which is more than one stretch, each with a weight of its own. */
function randomUpdates(rounds: number, dimension = 5_000): CombinedUpdate[] {
  const words = xoshiro128(new Uint8Array(16).fill(3));
  return Array.from({ length: rounds }, (_, round) => {
    const scale = 2 ** -(round % 5);
    const sums = Float64Array.from({ length: dimension }, () => (words() / 2 ** 31 - 1) * scale);
    return updateOf(sums, round + 3);
  });
}

describe("two steps by hand", () => {
  it.each<[ServerOptimizerSpec, number[], number[], Record<string, number>]>([
    [{ name: "fedavg", learningRate: 0.5 }, [4, 12], [2, 8], {}],
    // v = 1 and then 0.5 · 1 + 3 = 3.5
    [{ name: "fedavgm", learningRate: 2, momentum: 0.5 }, [1, 3], [2, 2 + 7], { velocity: 3.5 }],
    // v = 3² + 4² = 5² and then 5² + 12² = 13²
    [
      { name: "fedadagrad", learningRate: 1, tau: 3 },
      [4, 12],
      [4 / (5 + 3), 4 / (5 + 3) + 12 / (13 + 3)],
      { squares: 169 },
    ],
    // m = 3.5 and then 1.75 + 17.5; v = (1² + 7²) / 2 = 5² and then (5² + 35²) / 2 = 25²
    [
      { name: "fedadam", learningRate: 12, beta1: 0.5, beta2: 0.5, tau: 1 },
      [7, 35],
      [7, 7 + (12 * 19.25) / (25 + 1)],
      { mean: 19.25, squares: 625 },
    ],
    // 8² is above v, which grows: 3² + 8²/4 = 5². 2² is below it, and it shrinks: 5² − 2²/4 = 24.
    [
      { name: "fedyogi", learningRate: 1, beta1: 0.5, beta2: 0.75, tau: 3 },
      [8, 2],
      [4 / (5 + 3), 4 / (5 + 3) + 3 / (Math.sqrt(24) + 3)],
      { mean: 3, squares: 24 },
    ],
  ])("%o", async (spec, changes, expected, remembered) => {
    const updates = changes.map((change) => updateOf([change * 10], 10));
    const { weights: first } = await steps(spec, updates.slice(0, 1));
    const { weights: second, memory } = await steps(spec, updates);
    expect([...first, ...second]).toEqual(expected.map(Math.fround));
    expect(Object.keys(serverOptimizer(spec).remembers)).toEqual(Object.keys(remembered));
    expect([...(memory ?? [])]).toEqual(Object.values(remembered));
  });
});

/** The formulas of the papers for one parameter, in float64 and written without regard to order. */
function reference(spec: ServerOptimizerSpec, changes: readonly number[]): number {
  const tau = "tau" in spec ? spec.tau : 0;
  let [w, m, v] = [0, 0, tau ** 2];
  for (const change of changes) {
    const before = v;
    switch (spec.name) {
      case "fedavg":
        w += spec.learningRate * change;
        continue;
      case "fedavgm":
        m = spec.momentum * m + change;
        w += spec.learningRate * m;
        continue;
      case "fedadagrad":
        m = change;
        v = before + change ** 2;
        break;
      case "fedadam":
        m = spec.beta1 * m + (1 - spec.beta1) * change;
        v = spec.beta2 * before + (1 - spec.beta2) * change ** 2;
        break;
      case "fedyogi":
        m = spec.beta1 * m + (1 - spec.beta1) * change;
        v = before + (1 - spec.beta2) * change ** 2 * (change ** 2 > before ? 1 : -1);
        break;
    }
    w += (spec.learningRate * m) / (v ** 0.5 + tau);
  }
  return w;
}

describe.each(SPECS)("the server optimizer $name", (spec) => {
  it("agrees with the formulas in float64 over twenty rounds, to float32's rounding", async () => {
    const updates = randomUpdates(20);
    const { weights } = await steps(spec, updates);
    const all = updates.map(({ sums, weight }) => {
      const values = new Float64Array(sums.dimension);
      sums.read(0, values);
      return values.map((value) => value / weight);
    });
    let worst = 0;
    weights.forEach((value, i) => {
      const expected = reference(
        spec,
        all.map((changes) => changes[i]!),
      );
      worst = Math.max(worst, Math.abs(value - expected) / Math.max(1, Math.abs(expected)));
    });
    expect(worst).toBeLessThan(20 * 2 ** -24);
  });

  it("gives the bits that it has always given", async () => {
    const { weights, memory = new Float32Array(0) } = await steps(spec, randomUpdates(20));
    const bytes = [weights, memory].map((values) => encodeMemory(values));
    expect(toHex(crypto.sha256(Buffer.concat(bytes))).slice(0, 16)).toBe(BITS[spec.name]);
  });

  it("gives the same bits wherever its parameters lie among frozen ones", async () => {
    const updates = randomUpdates(3, 9_000);
    const apart = [
      { offset: 1, length: 3 },
      { offset: 10, length: 8_990 },
      { offset: 9_500, length: 7 },
    ];
    let state: OptimizedWeights = { weights: new Float32Array(10_000) };
    state.weights[0] = -0; // would become 0 if it took part in the arithmetic
    for (const update of updates) {
      state = await optimizerStep(serverOptimizer(spec), state, apart, update, yieldTurn);
    }
    const together = await steps(spec, updates);
    const trained = apart.flatMap(({ offset, length }) => [
      ...state.weights.subarray(offset, offset + length),
    ]);
    expect(bitsOf(trained)).toEqual(bitsOf([...together.weights]));
    expect(state.memory).toEqual(together.memory);
    expect(Object.is(state.weights[0], -0)).toBe(true);
    expect(state.weights.subarray(9_507).every((value) => value === 0)).toBe(true);
  });

  it("modifies neither the weights nor the memory that a step begins with", async () => {
    const [first, second] = randomUpdates(2, 100);
    const state = await steps(spec, [first!]);
    const before = structuredClone(state);
    const again = () => optimizerStep(serverOptimizer(spec), state, whole(100), second!, yieldTurn);
    expect(await again()).toEqual(await again());
    expect(state).toEqual(before);
  });

  it("goes on from what was stored with the same bits", async () => {
    const updates = randomUpdates(4, 100);
    const optimizer = serverOptimizer(spec);
    let state: OptimizedWeights = { weights: new Float32Array(100) };
    for (const update of updates) {
      state = await optimizerStep(optimizer, state, whole(100), update, yieldTurn);
      const { weights, memory } = state;
      const stored = memory && encodeMemory(memory).slice();
      state = stored ? { weights, memory: decodeMemory(stored, optimizer, 100) } : { weights };
    }
    expect(state).toEqual(await steps(spec, updates));
  });

  it("lets other work have its turn", async () => {
    let turns = 0;
    const count = async (): Promise<void> => void turns++;
    const size = 2 ** 19;
    const before = { weights: new Float32Array(size) };
    const update = updateOf(new Float64Array(size));
    await optimizerStep(serverOptimizer(spec), before, whole(size), update, count);
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});

it.each(SPECS.slice(1))("$name refuses an update that makes a value infinite", async (spec) => {
  const huge = updateOf([3e38, 1]);
  await expect(steps({ ...spec, learningRate: 1e6 }, [huge, huge])).rejects.toMatchObject({
    code: "UPDATE_OUT_OF_RANGE",
  });
});

it("FedAvgM without momentum gives the bits of FedAvg", async () => {
  const updates = randomUpdates(10);
  const plain = await steps({ name: "fedavg", learningRate: 0.7 }, updates);
  const still = await steps({ name: "fedavgm", learningRate: 0.7, momentum: 0 }, updates);
  expect(bitsOf([...still.weights])).toEqual(bitsOf([...plain.weights]));
});

it.each([
  ["is too short", new Uint8Array(4 * 19)],
  ["is too long", new Uint8Array(4 * 21)],
  ["holds a value that is not finite", new Uint8Array(4 * 20).fill(255)],
])("refuses a stored memory that %s", (_, bytes) => {
  const optimizer = serverOptimizer(SPECS[3]!);
  expect(() => decodeMemory(bytes, optimizer, 10)).toThrow(
    expect.objectContaining({ code: "CHECKPOINT_CORRUPT" }),
  );
});
