import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WireRun } from "../src/wire/wire-run.ts";
import { instantDevices, type Devices } from "../src/runner/devices.ts";
import { DirectRun } from "../src/runner/direct-run.ts";
import { dataOf, depsOf, poolOf, runAll, termsOf } from "./simulation-world.ts";

const data = dataOf(12);
const [one, three] = [poolOf(data, 1), poolOf(data, 3)];

// Starting threads takes longer than a test may.
beforeAll(() => runAll(termsOf({ stop: { rounds: 1 } }), three));

afterAll(async () => {
  await Promise.all([one.close(), three.close()]);
});

const KINDS: [string, object][] = [
  ["float32", { plan: { update: { codec: "float32" } } }],
  ["uniform 8 bits", {}],
  ["top-k, which keeps a residual", { plan: { update: { codec: "top-k", fraction: 0.1 } } }],
  [
    "differences down",
    {
      plan: {
        update: { codec: "eden", bits: 4 },
        download: { encoding: "difference", update: { codec: "eden", bits: 8 } },
      },
    },
  ],
  ["float16 down", { plan: { download: { encoding: "float16" } } }],
  ["multi-Krum", { aggregation: { rule: "multiKrum", byzantine: 1 } }],
  ["the median", { aggregation: { rule: "median" } }],
  ["SCAFFOLD", { algorithm: { name: "scaffold" } }],
  ["FedNova", { algorithm: { name: "fednova" } }],
  ["qFedAvg", { algorithm: { name: "qfedavg" } }],
  ["FedDyn", { algorithm: { name: "feddyn" } }],
  ["IFCA", { algorithm: { name: "ifca" }, evaluation: { everyRounds: 1 } }],
  ["ALIE", { attack: { name: "alie", share: 0.5 } }],
  ["a backdoor", { attack: { name: "backdoor", share: 0.5, trigger: [0] } }],
  [
    "ALIE, whose attackers look at each other's updates",
    { attack: { name: "alie", clients: [1, 4, 7] } },
  ],
  ["a boosted sign flip", { attack: { name: "sign-flip", clients: [1, 4], scale: 3 } }],
  ["evaluations by clients", { evaluation: { everyRounds: 2 } }],
];

describe("a run", () => {
  it.each(KINDS)("gives the same checkpoint with one thread and with three: %s", async (...of) => {
    const terms = termsOf(of[1]);
    const [alone, together] = [await runAll(terms, one), await runAll(terms, three)];
    expect(together.checkpoint).toBe(alone.checkpoint);
  });

  it.each([
    ["algorithm scaffold", { algorithm: { name: "scaffold" } }],
    ["attack sign-flip", { attack: { name: "sign-flip" } }],
  ])("is refused over sockets with what their clients do not know: %s", async (what, sections) => {
    const terms = termsOf(sections);
    await expect(WireRun.begin(terms, data, 1, depsOf(one))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`The ${what} cannot work with fidelity wire`),
    });
  });
});

describe("a round that starts before all have come", () => {
  it("has the reports of those that were selected, and of nobody else", async () => {
    const late = instantDevices(12);
    const devices: Devices = {
      ...late,
      gather: (order, openMs, size) =>
        late.gather(order, openMs, size).map((arrival, place) => ({
          ...arrival,
          comesMs: openMs + (place < 3 ? 0 : 5_500),
        })),
    };
    const round = {
      goalCount: 5,
      minimumFraction: 0.6,
      overselection: 1,
      selectionTimeoutMs: 1_000,
    };
    const terms = { ...termsOf({ round, stop: { rounds: 1 } }), devices };
    const run = await DirectRun.begin(terms, depsOf(one));
    expect(await run.next(new AbortController().signal)).toMatchObject({
      ...{ outcome: "committed", selected: 3, reported: 3, exampleCount: 36 },
      endedAtMs: 1_000,
    });
  });
});
