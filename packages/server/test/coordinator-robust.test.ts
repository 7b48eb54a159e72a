import {
  isTributaryError,
  parseTask,
  type AggregationSpec,
  type TributaryError,
} from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import { exampleTask } from "@tributary/core/testing";
import { DIMENSION, INITIAL, MODEL, makeWorld, until, type World } from "./coordinator-world.ts";

/** The parameters that honest clients train towards. */
const TARGET = [1, -2, 0.5, 3, -0.25];
const COHORT = 10;
const HOSTILE = 2;

const robustRules: AggregationSpec[] = [
  { rule: "median" },
  { rule: "trimmedMean", byzantine: HOSTILE },
  { rule: "krum", byzantine: HOSTILE },
  { rule: "multiKrum", byzantine: HOSTILE },
  { rule: "multiKrum", byzantine: HOSTILE, selected: 3 },
  { rule: "bulyan", byzantine: 1 },
];

/** Makes the update of an honest client: half the way to the target, with an error of its own. */
function honestUpdate(weights: readonly number[], client: number): Float32Array {
  return Float32Array.from(
    weights,
    (weight, i) => (TARGET[i]! - weight) / 2 + 0.01 * Math.sin(7 * client + i),
  );
}

/**
 * Runs `rounds` rounds in which the last `hostile` of ten clients attack. Returns the distance from
 * the target after each round.
 */
async function train(
  world: World,
  aggregation: AggregationSpec,
  hostile: number,
  attack: (update: Float32Array) => Float32Array,
  rounds: number,
): Promise<number[]> {
  const task = await world.startTask({
    aggregation,
    round: { goalCount: COHORT },
    stop: { rounds },
  });
  const clients = Array.from({ length: COHORT }, (_, i) => world.client(`client-${i}`));
  const distances: number[] = [];
  for (let number = 1; number <= rounds; number++) {
    for (const client of clients) client.checkIn();
    await until("all are seated", () => clients.every(({ isSeated }) => isSeated));
    for (const [i, client] of clients.entries()) {
      const honest = honestUpdate(client.receivedWeights(), i);
      const isHostile = i >= COHORT - hostile;
      client.report({
        update: isHostile ? attack(honest) : honest,
        // A hostile client also claims many examples, which would give it a large weight.
        header: { exampleCount: isHostile ? 1_000 : 10 },
      });
    }
    await until("all have heard", () =>
      clients.every(({ outcomes }) => outcomes.length === number),
    );
    const weights = await world.weights(task);
    distances.push(Math.hypot(...weights.map((weight, i) => weight - TARGET[i]!)));
    world.clock.advance(60_000);
  }
  expect((await world.rounds(task)).map(({ outcome }) => outcome)).toEqual(
    Array.from({ length: rounds }, () => "committed"),
  );
  return distances;
}

const attacks: [name: string, attack: (update: Float32Array) => Float32Array][] = [
  ["huge updates", () => new Float32Array(DIMENSION).fill(500)],
  ["updates the other way", (update) => update.map((value) => -10 * value - 1)],
];

const START = Math.hypot(...Array.from(INITIAL, (weight, i) => weight - TARGET[i]!));

describe("a round with hostile clients", () => {
  for (const [name, attack] of attacks) {
    it.each(robustRules)(
      `moves to the honest clients' target with %j, against ${name}`,
      async (spec) => {
        // With ten clients, Bulyan withstands one hostile client.
        const hostile = spec.rule === "bulyan" ? 1 : HOSTILE;
        const distances = await train(makeWorld(), spec, hostile, attack, 5);
        expect(distances.at(-1)).toBeLessThan(START / 16);
      },
    );

    it(`moves away from the target with the mean, against ${name}`, async () => {
      const distances = await train(makeWorld(), { rule: "mean" }, HOSTILE, attack, 2);
      expect(distances.at(-1)).toBeGreaterThan(START);
    });
  }

  it("is moved by each hostile client no further than a norm bound allows", async () => {
    const spec = { rule: "normBound", maximumNorm: 1 } as const;
    const attack = attacks[0]![1];
    const [honest] = await train(makeWorld(), spec, 0, attack, 1);
    const [attacked] = await train(makeWorld(), spec, HOSTILE, attack, 1);
    expect(Math.abs(attacked! - honest!)).toBeLessThanOrEqual((2 * HOSTILE * 1) / COHORT + 1e-6);
    expect(attacked).toBeLessThan(START);
  });
});

describe("a round with fewer reports than its rule needs", () => {
  it("is abandoned with a reason, and the model does not change", async () => {
    const world = makeWorld();
    // Krum with f = 2 needs seven reports, although half of the goal count would be five.
    const task = await world.startTask({
      aggregation: { rule: "krum", byzantine: 2 },
      round: { goalCount: COHORT, minimumFraction: 0.5 },
    });
    const clients = world.checkIn(COHORT);
    await until("all are seated", () => clients.every(({ isSeated }) => isSeated));
    for (const client of clients.slice(0, 6)) client.report();
    world.clock.advance(10_000);
    await until("it has ended", () => clients.every(({ outcomes }) => outcomes.length === 1));
    expect(clients[0]!.outcomes[0]!.outcome).toEqual({ abandoned: "reporting-timeout" });
    await until("it is stored", () => world.events.some((event) => event.type === "round-ended"));
    const [round] = await world.rounds(task);
    expect(round).toMatchObject({ outcome: "abandoned", reason: "reporting-timeout", reported: 6 });
    expect(await world.weights(task)).toEqual([...INITIAL]);
  });
});

describe("a task whose rule would keep too much in memory", () => {
  const refusal = async (
    world: World,
    changes: Parameters<typeof exampleTask>[0],
  ): Promise<TributaryError> => {
    try {
      await world.coordinator.createTask(exampleTask(changes), MODEL, INITIAL);
    } catch (error) {
      if (isTributaryError(error, "TASK_INVALID")) return error;
      throw error;
    }
    throw new Error("The task was created");
  };

  it("is refused at its creation, with the numbers and a remedy", async () => {
    // Each of ten updates takes 20 bytes of float32 and 20 bytes of working memory.
    const world = makeWorld({ limits: { maxRobustAggregationBytes: 399 } });
    const error = await refusal(world, {
      aggregation: { rule: "median" },
      round: { goalCount: COHORT },
    });
    expect(error.message).toContain("keeps the 10 updates of a round in memory.");
    expect(error.message).toContain("At 20 bytes for each update, it needs 400 bytes");
    expect(error.message).toContain("and the server allows 399");
    expect(error.remedy).toBe(
      "To stay within the limit, lower round.goalCount to 9, use the update codec uniform, " +
        "or use the rule mean or normBound, which keeps no updates.",
    );
    expect(error.context).toEqual({ path: "aggregation.rule", bytes: 400, limit: 399 });
    expect(await world.storage.rounds.tasks()).toEqual([]);
  });

  it("is accepted with a rule that keeps no updates, with fewer clients, or with fewer layers", async () => {
    const world = makeWorld({ limits: { maxRobustAggregationBytes: 399 } });
    for (const changes of [
      { aggregation: { rule: "mean" }, round: { goalCount: 1_000 } },
      { aggregation: { rule: "normBound", maximumNorm: 1 }, round: { goalCount: 1_000 } },
      { aggregation: { rule: "median" }, round: { goalCount: 9 } },
      {
        aggregation: { rule: "median" },
        round: { goalCount: COHORT },
        plan: { trainable: ["second"] },
      },
    ]) {
      await world.coordinator.createTask(exampleTask(changes), MODEL, INITIAL);
    }
  });

  it("is judged with the distances that Krum keeps, which grow with the square of the cohort", async () => {
    const world = makeWorld({ limits: { maxRobustAggregationBytes: 50_000 } });
    const error = await refusal(world, {
      aggregation: { rule: "krum", byzantine: 2 },
      round: { goalCount: 100 },
      plan: { trainable: ["second"] },
    });
    expect(error.remedy).toContain("lower round.goalCount to 69,");
  });
});

describe("a task without an aggregation section", () => {
  it("uses the mean", () => {
    const task = parseTask({ population: "a", name: "b", model: { builtin: "mlp-64" } });
    expect(task.aggregation).toEqual({ rule: "mean" });
  });
});
