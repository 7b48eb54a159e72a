import { localAdders } from "@tributary/core";
import { wholePlan } from "@tributary/client-sdk/simulation";
import {
  createKernelsSync,
  decodePlan,
  encodePlan,
  float32Bytes,
  planIdOf,
  planOf,
  xoshiro128,
} from "@tributary/protocol";
import { describe, expect, it, vi } from "vitest";
import { DirectRun } from "../src/runner/direct-run.ts";
import { MergedSums } from "../src/runner/merged-sums.ts";
import { WorkerSums } from "../src/runner/worker-sums.ts";
import { crypto, dataOf, depsOf, poolOf, runAll, termsOf } from "./simulation-world.ts";

const WEIGHTING = { weighting: "examples", maximumExamples: 20 } as const;

function planWith(rule: string): ReturnType<typeof wholePlan> {
  const plan = { update: { codec: "float32" } };
  const { task, model } = termsOf({ plan, aggregation: { rule } });
  const bytes = encodePlan(planOf(task, model.description));
  return wholePlan(planIdOf(crypto, bytes), bytes, decodePlan(bytes));
}

const plan = planWith("mean");
const dimension = plan.parts.updated.reduce((sum, { length }) => sum + length, 0);
const spec = {
  ...{ update: plan.plan.update, aggregation: plan.plan.aggregation },
  ...{ clipNorm: plan.plan.clipNorm, dimension },
};

const word = xoshiro128(Uint8Array.from({ length: 16 }, (_, index) => index));

/** Updates of some clients, of which each counts for more examples than the one before. */
const updates = Array.from({ length: 9 }, (_, index) => ({
  bytes: float32Bytes(Float32Array.from({ length: dimension }, () => word() / 2 ** 32 - 0.5)),
  exampleCount: 3 * index + 1,
}));

const workers = (count: number): WorkerSums[] =>
  Array.from({ length: count }, () => WorkerSums.of(plan, WEIGHTING, createKernelsSync())!);

async function combined(sums: readonly WorkerSums[]): Promise<[Float64Array, number]> {
  const merged = new MergedSums(localAdders(crypto));
  const adder = merged.open(spec);
  merged.merge(sums.flatMap((each) => each.take() ?? []));
  return valuesOf(await adder.combine(async () => {}));
}

function valuesOf({
  sums,
  weight,
}: Awaited<ReturnType<ReturnType<MergedSums["open"]>["combine"]>>): [Float64Array, number] {
  const values = new Float64Array(dimension);
  sums.read(0, values);
  return [values, weight];
}

describe("The sums of workers", () => {
  it("are together those of a server, whoever adds which update", async () => {
    const server = localAdders(crypto)(spec);
    for (const { bytes, exampleCount } of updates)
      void server.add(bytes, Math.min(exampleCount, 20));
    const expected = valuesOf(await server.combine(async () => {}));
    for (const count of [1, 2, 4]) {
      const sums = workers(count);
      updates.forEach(({ bytes, exampleCount }, index) =>
        sums[(7 * index) % count]!.add(bytes, exampleCount),
      );
      expect(await combined(sums.reverse())).toEqual(expected);
    }
  });

  it("begin anew once they are taken", async () => {
    const [sums] = workers(1);
    sums!.add(updates[0]!.bytes, 1);
    sums!.take();
    expect(sums!.take()).toBeUndefined();
    sums!.add(updates[1]!.bytes, 5);
    expect((await combined([sums!]))[1]).toBe(5);
  });

  it("have nothing of an update that they refuse", async () => {
    const [sums] = workers(1);
    sums!.add(updates[0]!.bytes, 4);
    const bad = new Float32Array(dimension).fill(1);
    bad[dimension - 1] = Number.NaN;
    expect(() => sums!.add(float32Bytes(bad), 4)).toThrow(/not finite/u);
    const [values, weight] = await combined([sums!]);
    expect(weight).toBe(4);
    expect([...values].every(Number.isFinite)).toBe(true);
  });

  it("are not made in a thread that only scores", async () => {
    const made = vi.spyOn(WorkerSums, "of");
    const pool = poolOf(dataOf(12), 1);
    await DirectRun.begin(termsOf(), depsOf(pool));
    const { signal } = new AbortController();
    await pool.score(termsOf().model.values, signal);
    expect(made).not.toHaveBeenCalled();
    const run = await runAll(termsOf(), pool);
    expect(run.snapshot!().rounds).toHaveLength(4);
    expect(made).toHaveBeenCalledOnce();
    await pool.close();
  });

  it("are not made for a rule that needs every update", () => {
    const median = planWith("median");
    expect(WorkerSums.of(median, WEIGHTING, createKernelsSync())).toBeUndefined();
  });
});
