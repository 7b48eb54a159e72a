import fc from "fast-check";
import { expect, it } from "vitest";

import { Tally } from "../src/rounds/tally.ts";

it("a tally agrees with a plain count of its keys, whatever is added and removed", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.record({ key: fc.nat(5), isAdded: fc.boolean() }), { maxLength: 200 }),
      (share, steps) => {
        const tally = new Tally(share);
        const counts = new Map<string, number>();
        for (const { key: number, isAdded } of steps) {
          const key = `${number}`;
          const before = counts.get(key) ?? 0;
          if (isAdded) tally.add(key);
          else tally.remove(key);
          counts.set(key, isAdded ? before + 1 : Math.max(0, before - 1));

          const all = [...counts.values()];
          expect(tally.count(key)).toBe(counts.get(key));
          expect(tally.total).toBe(all.reduce((sum, count) => sum + count, 0));
          const greatest = Math.max(...all);
          expect(counts.get(tally.greatest ?? "") ?? 0).toBe(greatest);
          const seen = [...counts].map(([each, count]) =>
            each === key ? count : Math.min(count, share),
          );
          expect(tally.boundedTotal(key)).toBe(seen.reduce((sum, count) => sum + count, 0));
        }
      },
    ),
  );
});
