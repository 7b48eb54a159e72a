import { readFile } from "node:fs/promises";
import {
  aggregationRuleNames,
  canonicalize,
  metricNames,
  PROTOCOL_CONSTANTS,
  toHex,
  updateCodecNames,
  utf8,
  type Plan,
} from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import type { ClientFloors, Examples } from "../src/index.ts";
import { resolveFloors } from "../src/trust/floors/client-floors.ts";
import { LINEAR_TOPOLOGY, lineExamples, linearPlan } from "./support/linear-task.ts";
import { offer } from "./support/offer-model.ts";
import { begin, stage, type Reader, type Stage } from "./support/participant.ts";
import { crypto } from "./support/scripted-server.ts";

const { training } = linearPlan();
const hash = (topology: object): string => toHex(crypto.sha256(utf8(canonicalize(topology))));

/** The first examples of the line. */
function few(count: number): Examples {
  const all = lineExamples();
  return {
    ...all,
    features: all.features.slice(0, 2 * count),
    labels: all.labels.slice(0, count),
    count,
  };
}

/** Brings a client into a round of a plan, up to the event that says what becomes of it. */
async function outcomeOf(
  set: Stage,
  plan: Plan,
  until: "withdrawn" | "reporting",
): Promise<Reader> {
  const { reader, connection } = await begin(set);
  await connection.checkIn();
  connection.configure(set.serve(plan, new Float32Array(3)));
  await reader.until(until);
  return reader;
}

describe("the floors of a client", () => {
  it("are safe for a single client, and else those of the protocol, unless the app sets them", () => {
    expect(resolveFloors({})).toEqual({
      minimumCohort: 2,
      minimumExamples: 1,
      tasks: "all",
      topologies: "all",
      maximumParameters: PROTOCOL_CONSTANTS.maxParameters,
      maximumLocalEpochs: Infinity,
      maximumSteps: Infinity,
      maximumSeconds: Infinity,
      codecs: updateCodecNames,
      maximumBits: 32,
      maximumUploadBytes: Infinity,
      maximumClipNorm: Infinity,
      aggregationRules: aggregationRuleNames,
      metrics: metricNames,
      oldestProtocolVersion: 1,
    });
  });

  it("are all in the table of docs/trust.md, with what holds unless they are set", async () => {
    const text = await readFile(new URL("../../../docs/trust.md", import.meta.url), "utf8");
    const rows = [...text.matchAll(/^\| `(\w+)` \| .* \| (.*) \|$/gm)].map(
      ([, name, unlessSet]) => [name, unlessSet],
    );
    const shown = (value: unknown): string => {
      if (Array.isArray(value)) return "all";
      if (value === Infinity) return "no bound";
      return typeof value === "number"
        ? value.toLocaleString("en")
        : `\`${JSON.stringify(value)}\``;
    };
    const floors = Object.entries(resolveFloors({}));
    expect(rows).toEqual(floors.map(([name, value]) => [name, shown(value)]));
  });

  const bad: readonly [string, unknown][] = [
    ["minimumCohort", 0],
    ["minimumCohort", 1.5],
    ["minimumCohort", "10"],
    ["minimumCohort", null],
    ["minimumExamples", -1],
    ["tasks", []],
    ["tasks", "keyboard"],
    ["topologies", ["abc"]],
    ["maximumParameters", NaN],
    ["maximumLocalEpochs", 0],
    ["maximumSteps", 0.5],
    ["maximumSeconds", 0],
    ["maximumSeconds", "60"],
    ["codecs", []],
    ["codecs", ["zip"]],
    ["codecs", "uniform"],
    ["maximumBits", 0],
    ["maximumUploadBytes", -1],
    ["maximumClipNorm", -1],
    ["maximumClipNorm", NaN],
    ["aggregationRules", ["median", "best"]],
    ["metrics", [1]],
    ["oldestProtocolVersion", 2],
  ];
  it.each(bad)("are refused by name when they make no sense: %s %j", (name, value) => {
    const floors = { [name]: value } as Partial<ClientFloors>;
    expect(() => stage({ floors })).toThrow(
      expect.objectContaining({
        code: "BAD_PARAMETER",
        message: expect.stringContaining(`floor ${name}`) as string,
        remedy: expect.any(String) as string,
        context: { floor: name },
      }),
    );
  });

  it("are refused when there is none of that name, with the name that was perhaps meant", () => {
    const floors = { minimumCohorts: 10 } as Partial<ClientFloors>;
    expect(() => resolveFloors(floors)).toThrow(/minimumCohorts.*meant minimumCohort/s);
    expect(() => stage({ floors: null as unknown as Partial<ClientFloors> })).toThrow(/floors/);
  });
});

describe("a plan", () => {
  const cases: {
    readonly [Name in keyof ClientFloors]?: readonly [
      broken: ClientFloors[Name],
      kept: ClientFloors[Name],
      changes?: Partial<Plan>,
    ];
  } = {
    minimumCohort: [3, 2],
    tasks: [["keyboard"], ["keyboard", "line"]],
    topologies: [[hash({})], [hash(LINEAR_TOPOLOGY)]],
    maximumParameters: [2, 3],
    maximumLocalEpochs: [2, 3],
    maximumSteps: [5, 6],
    codecs: [["float16", "eden"], ["float32"]],
    maximumBits: [8, 9, { update: { codec: "uniform", bits: 8 } }],
    maximumUploadBytes: [11, 12],
    maximumClipNorm: [2, 3, { clipNorm: 3 }],
    aggregationRules: [["median", "krum"], ["mean"]],
    metrics: [
      [],
      ["meanSquaredError"],
      { training: { ...training, metrics: ["meanSquaredError"] } },
    ],
  };

  it.each(Object.entries(cases))(
    "is refused when it breaks the floor %s, and carried out when it keeps to it",
    async (name, [broken, kept, changes]) => {
      const refusing = stage({ floors: { [name]: broken } });
      const refused = await outcomeOf(refusing, linearPlan(changes), "withdrawn");
      expect(refused.events.at(-1)).toMatchObject({
        error: {
          code: "PLAN_REFUSED",
          context: { floor: name },
          message: expect.stringContaining(`floor ${name}`) as string,
        },
      });
      expect(refusing.trainer.trainings).toBe(0);
      await refused.leave();

      const taking = stage({ floors: { [name]: kept } });
      taking.trainer.spoil = (result) => ({
        ...result,
        metrics: { ...result.metrics, meanSquaredError: 0 },
      });
      await (await outcomeOf(taking, linearPlan(changes), "reporting")).leave();
    },
  );

  it("is refused without a bound on updates when the app demands one", async () => {
    const reader = await outcomeOf(
      stage({ floors: { maximumClipNorm: 10 } }),
      linearPlan(),
      "withdrawn",
    );
    expect(reader.events.at(-1)).toMatchObject({ error: { code: "PLAN_REFUSED" } });
    await reader.leave();
  });

  it("keeps the client away for minutes when it breaks a floor, so that its seat is left to others", async () => {
    const reader = await outcomeOf(
      stage({ floors: { minimumCohort: 9 } }),
      linearPlan(),
      "withdrawn",
    );
    const { retryInMs } = await Promise.resolve(reader.events.at(-1) as { retryInMs: number });
    expect(retryInMs).toBeGreaterThanOrEqual(600_000);
    await reader.leave();
  });

  it("is stopped when its work takes longer than the floor maximumSeconds", async () => {
    const set = stage({ floors: { maximumSeconds: 5 } });
    let begun = (): void => {};
    const training = new Promise<void>((resolve) => (begun = resolve));
    set.trainer.gate = (_, signal) => {
      begun();
      return new Promise((_resolve, reject) =>
        signal?.addEventListener("abort", () => reject(new Error("stopped"))),
      );
    };
    const outcome = outcomeOf(set, linearPlan(), "withdrawn");
    await training;
    await set.clock.untilPending(5_000);
    set.clock.advance(5_000);
    const reader = await outcome;
    expect(reader.events.at(-1)).toMatchObject({
      error: { code: "PLAN_REFUSED", context: { floor: "maximumSeconds" } },
    });
    await reader.leave();
  });

  it("is not downloaded for its model when that breaks a floor about models, whatever its cohort", async () => {
    const plan = linearPlan({ minimumCohort: 1 });
    const taking = stage();
    const model = taking.serve(plan, new Float32Array(3));
    await Promise.all([taking.client.checkpoint(), offer(taking, model, 0)]);
    const refusing = stage({ floors: { tasks: ["other"] } });
    const [outcome] = await Promise.all([
      refusing.client.checkpoint().catch((error: unknown) => error),
      offer(refusing, refusing.serve(plan, new Float32Array(3)), 0),
    ]);
    expect(outcome).toMatchObject({ code: "PLAN_REFUSED", context: { floor: "tasks" } });
  });
});

describe("a client with fewer examples than the floor minimumExamples", () => {
  it("does not check in, and says how many are missing", async () => {
    const set = stage({ floors: { minimumExamples: 9 } });
    const reader = set.participate();
    const told = reader.until("check-in-failed");
    await set.server.accept();
    const { error } = await told;
    expect(error).toMatchObject({
      code: "EXAMPLES_INVALID",
      context: { floor: "minimumExamples" },
    });
    expect(error.message).toMatch(/8 examples.*demands 9/);
    await reader.leave();
  });

  it("offers no held-out examples when only these are too few", async () => {
    const set = stage({ floors: { minimumExamples: 4 }, heldOut: few(3) });
    const { reader, connection } = await begin(set);
    expect(await connection.checkIn()).toMatchObject({ exampleCount: 8, heldOutCount: 0 });
    await reader.leave();
  });

  it("withdraws when the examples have become too few since it has checked in", async () => {
    let examples = lineExamples();
    const store = {
      count: () => Promise.resolve(examples.count),
      load: () => Promise.resolve(examples),
    };
    const set = stage({ floors: { minimumExamples: 4 }, examples: store });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    examples = few(3);
    connection.configure(set.model);
    const { error } = await reader.until("withdrawn");
    expect(error).toMatchObject({
      code: "EXAMPLES_INVALID",
      context: { floor: "minimumExamples" },
    });
    await reader.leave();
  });
});
