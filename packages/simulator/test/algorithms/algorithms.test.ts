import { describe, expect, it } from "vitest";
import { descend, mean, plus, times, zeros, type Parameters } from "./linear-reference.ts";
import type { AlgorithmInput } from "../../src/algorithms/algorithm-options.ts";
import { CLIENTS, RATE, initialOf, linearTerms, runLinear } from "./linear-world.ts";

const ROUNDS = 3;
const START = initialOf(linearTerms());

function expectClose(actual: Parameters, expected: Parameters): void {
  expect(actual).toHaveLength(expected.length);
  expect(Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(2e-6);
}

/** Client 0 makes one pass, client 1 two and client 2 three. */
const epochsOf = (client: number): number => client + 1;

const COUNTS = CLIENTS.map(({ count }) => count);
const TOTAL = COUNTS.reduce((sum, count) => sum + count);

describe("FedAvg", () => {
  it("moves to the mean of the clients' models", async () => {
    let w: Parameters = START;
    for (let round = 0; round < ROUNDS; round++) {
      const locals = CLIENTS.map((own) => descend(w, own, 4, RATE));
      w = locals.reduce((sum, y, i) => plus(sum, y, COUNTS[i]! / TOTAL), zeros(w));
    }
    expectClose(await runLinear({ name: "fedavg" }), w);
  });
});

describe("FedNova", () => {
  it("moves along the mean of normalised updates", async () => {
    let w: Parameters = START;
    for (let round = 0; round < ROUNDS; round++) {
      const shares = COUNTS.map((count) => count / TOTAL);
      const reach = shares.reduce((sum, share, i) => sum + share * epochsOf(i), 0);
      const normalised = CLIENTS.map((own, i) =>
        times(plus(descend(w, own, epochsOf(i), RATE), w, -1), 1 / epochsOf(i)),
      );
      const step = normalised.reduce((sum, d, i) => plus(sum, d, shares[i]), zeros(w));
      w = plus(w, step, reach);
    }
    expectClose(await runLinear({ name: "fednova" }, {}, { epochsOf }), w);
  });

  it.each([
    ["plain steps", {}],
    ["momentum", { plan: { optimizer: { name: "sgd", learningRate: RATE, momentum: 0.5 } } }],
    ["a proximal term", { plan: { proximal: 0.1 } }],
  ])("is FedAvg where all clients make as many steps, with %s", async (_, sections) => {
    expectClose(
      await runLinear({ name: "fednova" }, sections),
      await runLinear({ name: "fedavg" }, sections),
    );
  });
});

describe("SCAFFOLD", () => {
  it("corrects each step by control variates of client and server", async () => {
    let x: Parameters = START;
    let c: Parameters = zeros(x);
    let own = CLIENTS.map(() => zeros(x));
    for (let round = 0; round < ROUNDS; round++) {
      const locals = CLIENTS.map((examples, i) =>
        descend(x, examples, 4, RATE, () => plus(c, own[i]!, -1)),
      );
      const next = locals.map((y, i) => plus(plus(own[i]!, c, -1), plus(x, y, -1), 1 / (4 * RATE)));
      c = plus(c, mean(next.map((one, i) => plus(one, own[i]!, -1))));
      own = next;
      x = mean(locals);
    }
    expectClose(await runLinear({ name: "scaffold" }), x);
  });
});

describe("an algorithm", () => {
  const adam = { plan: { optimizer: { name: "adam", learningRate: 0.01 } } };
  const momentum = { plan: { optimizer: { name: "sgd", learningRate: 0.1, momentum: 0.9 } } };
  it.each<[AlgorithmInput, object, string]>([
    [{ name: "scaffold" }, adam, "plan.optimizer adam"],
    [{ name: "scaffold" }, momentum, "plan.optimizer.momentum"],
    [{ name: "scaffold" }, { aggregation: { rule: "median" } }, "aggregation.rule median"],
    [{ name: "scaffold" }, { plan: { clipNorm: 1 } }, "plan.clipNorm"],
    [
      { name: "fednova" },
      { plan: { update: { codec: "top-k", fraction: 0.1 } } },
      "plan.update.codec top-k, which keeps a residual",
    ],
    [{ name: "fednova" }, adam, "plan.optimizer adam"],
  ])(
    "refuses before the first round what it cannot work with: %o %o",
    async (algorithm, sections, what) => {
      await expect(runLinear(algorithm, sections)).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringContaining(
          `The algorithm ${algorithm.name} cannot work with ${what}`,
        ),
      });
    },
  );

  it("refuses an engine without corrections when it needs them", async () => {
    const trainer = { engine: "tfjs" } as const;
    await expect(runLinear({ name: "scaffold" }, {}, { trainer })).rejects.toMatchObject({
      message: expect.stringContaining("the engine tfjs"),
    });
  });
});
