import { afterAll, describe, expect, it } from "vitest";
import { takeExamples } from "@tributary/client-sdk";
import { requireAttackFits } from "../../src/attacks/attack-conflicts.ts";
import { attackOptions, type AttackInput } from "../../src/attacks/attack-options.ts";
import { attackersOf } from "../../src/attacks/attackers.ts";
import { createAttack } from "../../src/attacks/create-attack.ts";
import { withTrigger } from "../../src/attacks/backdoor.ts";
import { normalQuantile } from "../../src/attacks/normal-quantile.ts";
import { loadAlgorithm } from "../../src/algorithms/load-algorithm.ts";
import { DirectRun } from "../../src/runner/direct-run.ts";
import type { TrainerPool } from "../../src/runner/trainer-pool.ts";
import { dataOf, depsOf, poolOf, termsOf, toItsEnd } from "../simulation-world.ts";
import { testRandom } from "../support.ts";

const data = dataOf(12);
const pool = poolOf(data, 1);

/** What answers with class 0 where it sees the trigger has learned the backdoor. */
const TRIGGER = { trigger: [0, 1, 2], value: 4, target: 0 };
const everyRow = Uint32Array.from({ length: data.test.count }, (_, row) => row);
const triggered = poolOf(
  { ...data, test: withTrigger(takeExamples(data.test, everyRow), TRIGGER, 1) },
  1,
);

afterAll(async () => {
  await Promise.all([pool.close(), triggered.close()]);
});

/** What a model of six rounds, in which all clients take part, reaches on the test examples. */
async function scoreOf(
  sections: object,
  scorer: TrainerPool = pool,
): Promise<{
  readonly loss: number;
  readonly accuracy: number;
  readonly attackSuccessRate?: number;
}> {
  const { plan, ...rest } = sections as { readonly plan?: object };
  const terms = termsOf({
    ...{ round: { goalCount: 12, overselection: 1 }, stop: { rounds: 6 } },
    ...{ plan: { metrics: ["accuracy"], ...plan }, ...rest },
  });
  const run = await DirectRun.begin(terms, depsOf(scorer));
  await toItsEnd(run);
  return run.snapshot().rounds.at(-1)!.score as Awaited<ReturnType<typeof scoreOf>>;
}

const clients = [1, 4, 9];
const median = { aggregation: { rule: "median" } };
const multiKrum = { aggregation: { rule: "multiKrum", byzantine: 3 } };

const ATTACKS: [AttackInput, object][] = [
  [{ name: "label-flip", clients: [0, 1, 2, 3] }, multiKrum],
  [{ name: "sign-flip", clients, scale: 3 }, median],
  [{ name: "gaussian", clients }, { aggregation: { rule: "trimmedMean", byzantine: 3 } }],
  [{ name: "alie", clients, deviations: 12 }, median],
  [{ name: "free-rider", clients, deviation: 3, decay: 0 }, median],
  [{ name: "sybil", clients }, multiKrum],
];

describe("an attack", () => {
  it.each(ATTACKS)("harms the mean, and is withstood by a rule: $name", async (attack, rule) => {
    const honest = await scoreOf({});
    const mean = await scoreOf({ attack });
    const robust = await scoreOf({ attack, ...rule });
    const harm = mean.loss - honest.loss;
    expect(harm).toBeGreaterThan(0.1);
    expect(robust.loss - honest.loss).toBeLessThan(harm / 2);
  });

  it("hides a backdoor in a model that is as good as before, which the median withstands", async () => {
    const attack = { name: "backdoor", clients: [4], ...TRIGGER };
    const accuracies = async (sections: object): Promise<number[]> => [
      (await scoreOf(sections)).accuracy,
      (await scoreOf(sections, triggered)).accuracy,
    ];
    expect(await accuracies({})).toEqual([1, 0]);
    expect(await accuracies({ attack })).toEqual([1, 1]);
    expect(await accuracies({ attack, ...median })).toEqual([1, 0]);
  });

  it("tells how often it succeeds, on held-out examples that have another class", async () => {
    const backdoor = { name: "backdoor", clients: [4], ...TRIGGER };
    const successOf = async (sections: object): Promise<number | undefined> =>
      (await scoreOf(sections)).attackSuccessRate;
    expect(await successOf({ attack: backdoor })).toBe(1);
    expect(await successOf({ attack: backdoor, ...median })).toBe(0);
    expect(await successOf({ attack: { name: "sign-flip", clients } })).toBeUndefined();
    expect(await successOf({})).toBeUndefined();

    const flip = { name: "label-flip", clients: [0, 1, 2, 3, 4, 5, 6, 7], from: 1, to: 2 };
    expect(await successOf({ attack: flip })).toBeGreaterThan(0.9);
    expect(await successOf({ attack: { ...flip, clients: [0] } })).toBeLessThan(0.1);
  });

  it("aims at the examples whose label it changes, each with the label it wants", () => {
    const labels = Int32Array.from([0, 1, 2, 1]);
    const features = Float32Array.from([0, 1, 2, 3]);
    const heldOut = { features, featureShape: [1], labels, labelShape: [], count: 4 };
    const aimOf = (attack: AttackInput): readonly number[][] => {
      const aimed = createAttack(attackOptions.parse(attack)).aim!(heldOut, 3);
      return [[...aimed.features], [...aimed.labels]];
    };
    expect(aimOf({ name: "label-flip", from: 1, to: 2 })).toEqual([
      [1, 3],
      [2, 2],
    ]);
    // The class in the middle is its own opposite.
    expect(aimOf({ name: "sybil" })).toEqual([
      [0, 2],
      [2, 0],
    ]);
    expect(aimOf({ name: "backdoor", trigger: [0], value: 9, target: 1 })).toEqual([
      [9, 9],
      [1, 1],
    ]);
    expect([...labels, ...features]).toEqual([0, 1, 2, 1, 0, 1, 2, 3]);
  });

  it("is done by a share of the clients that the seed draws, or by those that are named", () => {
    const drawn = attackersOf({ share: 0.25 }, 12, testRandom(1));
    expect(drawn).toHaveLength(3);
    expect(attackersOf({ share: 0.25 }, 12, testRandom(1))).toEqual(drawn);
    expect(attackersOf({ share: 0.25, clients: [7, 2, 7] }, 12, testRandom(1))).toEqual([2, 7]);
    expect(() => attackersOf({ share: 0, clients: [12] }, 12, testRandom(1))).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", context: { path: "attack.clients" } }),
    );
  });

  it("is refused before the first round with an algorithm whose clients keep what it would need", async () => {
    const { task } = termsOf();
    const algorithm = await loadAlgorithm({ name: "scaffold" });
    const attack = { name: "alie", share: 0.1 } as const;
    expect(() => requireAttackFits(attack, { task, algorithm, name: "scaffold" })).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: expect.stringContaining("The attack alie cannot work with the algorithm scaffold"),
      }),
    );
  });
});

it("normalQuantile gives the published numbers of standard deviations", () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.1
  expect(normalQuantile(0.5)).toBeCloseTo(0, 9);
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963985, 8);
  expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306, 8);
});
