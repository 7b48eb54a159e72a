import { seededRandom, type TaskDefinition } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";
import { DrawnCohorts } from "../src/runner/drawn-cohorts.ts";

const CLIENTS = 40;

function cohorts(seed: number, clients = CLIENTS, everyRounds: number | null = null): DrawnCohorts {
  const definition = {
    round: { goalCount: 10, overselection: 1 },
    evaluation: { everyRounds, goalCount: 12 },
  } as TaskDefinition;
  return new DrawnCohorts(definition, clients, seededRandom(createNodeCryptoProvider(), seed));
}

describe("the cohorts of a demo", () => {
  it("are the same for the same seed, and others in each round and for each seed", () => {
    const draw = (seed: number): readonly (readonly number[])[] => {
      const drawn = cohorts(seed);
      return [1, 2, 3].map(() => drawn.draw("training"));
    };
    expect(draw(1)).toEqual(draw(1));
    expect(new Set([...draw(1), ...draw(2)].map(String)).size).toBe(6);
  });

  it("hold as many different clients as the round takes", () => {
    const drawn = cohorts(3, CLIENTS, 1);
    for (const [purpose, size] of [["training", 10] as const, ["evaluation", 12] as const]) {
      const cohort = drawn.draw(purpose);
      expect(new Set(cohort).size).toBe(size);
      expect(cohort.every((client) => client >= 0 && client < CLIENTS)).toBe(true);
    }
  });

  it("take every client about as often as any other", () => {
    const drawn = cohorts(4);
    const times = new Array<number>(CLIENTS).fill(0);
    for (let round = 0; round < 400; round++) {
      for (const client of drawn.draw("training")) times[client]! += 1;
    }
    // The mean is 100 and the deviation 8.7.
    expect(Math.min(...times)).toBeGreaterThan(60);
    expect(Math.max(...times)).toBeLessThan(140);
  });

  it("need not be drawn when every round takes all clients", () => {
    expect(cohorts(1, 10).arePartial).toBe(false);
    expect(cohorts(1, 11).arePartial).toBe(true);
    expect(cohorts(1, 10, 1).arePartial).toBe(false);
    expect(cohorts(1, 12, 1).arePartial).toBe(true);
  });
});
