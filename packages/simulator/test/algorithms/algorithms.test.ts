import { instantDevices, type Devices } from "../../src/runner/devices.ts";
import { describe, expect, it } from "vitest";
import {
  descend,
  lossOf,
  mean,
  plus,
  squares,
  times,
  zeros,
  type Parameters,
} from "./linear-reference.ts";
import type { AlgorithmInput } from "../../src/algorithms/algorithm-options.ts";
import { CLIENTS, RATE, initialModels, initialOf, linearTerms, runLinear } from "./linear-world.ts";

const ROUNDS = 3;
const START = initialOf(linearTerms());

function expectClose(actual: Parameters, expected: Parameters): void {
  expect(actual).toHaveLength(expected.length);
  expect(Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(2e-6);
}

/** Client 0 makes one pass, client 1 two and client 2 three. */
const epochsOf = (client: number): number => client + 1;

/** Devices that make so many passes, and take no time. */
const slow: Devices = {
  ...instantDevices(3),
  course: (arrival, work, random) => ({
    ...instantDevices(3).course(arrival, work, random),
    epochs: epochsOf(arrival.client),
  }),
};

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
    expectClose(await runLinear({ name: "fednova" }, {}, { devices: slow }), w);
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

describe("qFedAvg", () => {
  it("lets a client count by a power of its loss", async () => {
    const q = 2;
    let w: Parameters = START;
    for (let round = 0; round < ROUNDS; round++) {
      let numerator = zeros(w);
      let denominator = 0;
      for (const own of CLIENTS) {
        const { loss } = lossOf(w, own);
        const change = times(plus(w, descend(w, own, 4, RATE), -1), 1 / RATE);
        numerator = plus(numerator, change, loss ** q);
        denominator += q * loss ** (q - 1) * squares(change) + loss ** q / RATE;
      }
      w = plus(w, numerator, -1 / denominator);
    }
    expectClose(await runLinear({ name: "qfedavg", q }), w);
  });

  it("is FedAvg with equal weights where q is 0", async () => {
    expectClose(
      await runLinear({ name: "qfedavg", q: 0 }),
      await runLinear({ name: "fedavg" }, { weighting: "uniform" }),
    );
  });
});

describe("FedDyn", () => {
  it("takes gradients of clients and server along from round to round", async () => {
    const alpha = 0.1;
    let w: Parameters = START;
    let h: Parameters = zeros(w);
    let own = CLIENTS.map(() => zeros(w));
    for (let round = 0; round < ROUNDS; round++) {
      const start = w;
      const locals = CLIENTS.map((examples, i) =>
        descend(start, examples, 4, RATE, (now) =>
          plus(times(own[i]!, -1), plus(now, start, -1), alpha),
        ),
      );
      own = own.map((g, i) => plus(g, plus(locals[i]!, start, -1), -alpha));
      h = plus(h, mean(locals.map((y) => plus(y, start, -1))), -alpha);
      w = plus(mean(locals), h, -1 / alpha);
    }
    expectClose(await runLinear({ name: "feddyn", alpha }), w);
  });
});

describe("IFCA", () => {
  it("lets each client train the model that fits it best", async () => {
    const terms = linearTerms({ algorithm: { name: "ifca", clusters: 3 } });
    const models = await initialModels(terms);
    const chosen: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const choices = CLIENTS.map((own) => {
        const losses = models.map((model) => lossOf(model, own).loss);
        return losses.indexOf(Math.min(...losses));
      });
      chosen.push(...choices);
      const before = [...models];
      before.forEach((model, cluster) => {
        const members = [0, 1, 2].filter((i) => choices[i] === cluster);
        const total = members.reduce((sum, i) => sum + COUNTS[i]!, 0);
        if (total === 0) return;
        models[cluster] = members.reduce(
          (sum, i) => plus(sum, descend(model, CLIENTS[i]!, 4, RATE), COUNTS[i]! / total),
          zeros(model),
        );
      });
    }
    expect(new Set(chosen).size).toBeGreaterThan(1);
    expect(chosen).toContain(0);
    expectClose(await runLinear({ name: "ifca", clusters: 3 }), models[0]!);
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
    [
      { name: "ifca" },
      { serverOptimizer: { name: "fedadam" } },
      "serverOptimizer fedadam, which knows of one model",
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
