import { describe, expect, it } from "vitest";
import { runSimulateBench } from "../src/simulate/run-simulate.ts";

describe("bench simulate", () => {
  it("measures rounds that learn, with the same checkpoint on one thread and on two", async () => {
    const options = { workload: "lr-10x60", rounds: 12, seed: 1, engine: "fused" } as const;
    const one = await runSimulateBench({ ...options, workers: 1 });
    const two = await runSimulateBench({ ...options, workers: 2 });
    expect(two.checkpoint).toBe(one.checkpoint);
    expect(one).toMatchObject({ engine: "fused", rounds: 12, clients: 10, cohort: 10 });
    expect(one.trainerSecondsPerRound).toBeLessThan(one.secondsPerRound);
    expect(one.orchestrationShare).toBeGreaterThan(0);
    expect(one.finalLoss).toBeLessThan(Math.log(10));
  });

  it("names the workloads when there is none of that name", async () => {
    const lr = { workload: "lr", rounds: 1, workers: 1, seed: 1, engine: "fused" } as const;
    const asked = runSimulateBench(lr);
    await expect(asked).rejects.toThrow(/Use one of lr-50x50/);
  });
});
