import { describe, expect, it } from "vitest";
import { Downloads } from "../src/runner/downloads.ts";
import { dataOf, poolOf, runAll, termsOf } from "./simulation-world.ts";

describe("what a client downloads", () => {
  it("is nothing if it holds the newest version, and a difference if it holds the one before", () => {
    const downloads = new Downloads(0, { modelBytes: 100 });
    downloads.got(1);
    expect([1, 2].map((client) => downloads.bytesFor(client))).toEqual([0, 100]);
    downloads.begin(1, { modelBytes: 100, differenceBytes: 25 });
    downloads.got(2);
    expect([1, 2, 3].map((client) => downloads.bytesFor(client))).toEqual([25, 0, 100]);
    downloads.begin(2, { modelBytes: 100, differenceBytes: 30 });
    expect([1, 2, 3].map((client) => downloads.bytesFor(client))).toEqual([100, 30, 100]);
  });

  it("is the whole model for who was not in the round before, also where differences travel", async () => {
    const pool = poolOf(dataOf(12), 1);
    const download = { encoding: "difference", update: { codec: "uniform", bits: 8 } };
    const perMember = async (goalCount: number): Promise<number[]> => {
      const terms = termsOf({ plan: { download }, round: { goalCount, overselection: 1 } });
      const { rounds } = (await runAll(terms, pool)).snapshot!();
      return rounds.map(({ bytesDown }) => bytesDown / goalCount);
    };
    const [all, some] = [await perMember(12), await perMember(5)];
    await pool.close();
    const whole = all[0]!;
    expect(all.slice(1).every((bytes) => bytes < whole / 2)).toBe(true);
    // Some of the five were among the five before them, and not all.
    for (const bytes of some.slice(1)) {
      expect(bytes).toBeGreaterThan(all[1]!);
      expect(bytes).toBeLessThanOrEqual(whole);
    }
  });
});
