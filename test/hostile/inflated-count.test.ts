import { expect, it } from "vitest";
import { DIMENSION, honestUpdate } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("a report of more examples than were offered at check-in is refused when it is announced", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration, { exampleCount: 1_048_576 });
  expect((await attacker.expect("reportResult")).refused?.code).toBe("EXAMPLE_COUNT_INVALID");
  await finish(1);
  await world.honestRounds(1);
});

it("a report of a million examples, all of them offered, counts for a thousand", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish, step } = await world.pair({}, 1_048_576);
  const claimed = { exampleCount: 1_048_576 };
  const nothing = new Float32Array(DIMENSION);
  expect((await attacker.report(configuration, nothing, claimed)).refused).toBeUndefined();
  const record = await finish(2);
  // The partner's ten examples are a hundredth of the attacker's thousand, and not a millionth.
  const moved = await step(record);
  expect(moved[0]).toBeCloseTo((honestUpdate[0]! * 10) / 1_010, 6);
});
