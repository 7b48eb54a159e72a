import { expect, it } from "vitest";
import { honestUpdate } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it.each([
  ["NaN", Number.NaN],
  ["infinity", Number.POSITIVE_INFINITY],
  ["minus infinity", Number.NEGATIVE_INFINITY],
])(
  "an update with one value of %s is refused as a whole, and the round's checkpoint is finite",
  async (_name, bad) => {
    const world = await openWorld();
    const { attacker, configuration, finish } = await world.pair();
    const update = honestUpdate.slice();
    update[update.length - 1] = bad;
    const result = await attacker.report(configuration, update);
    expect(result.refused?.code).toBe("UPDATE_NOT_FINITE");
    await finish(1);
    expect(await world.metric('tributary_reports_refused_total{code="UPDATE_NOT_FINITE"}')).toBe(1);
    await world.honestRounds(2);
  },
);
