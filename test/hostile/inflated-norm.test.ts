import { expect, it } from "vitest";
import { DIMENSION } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("an update far beyond the plan's clip norm moves the model by no more than the clip norm", async () => {
  const world = await openWorld();
  const clipNorm = 0.5;
  const { attacker, configuration, finish, step } = await world.pair({ plan: { clipNorm } });
  // The norm of this update is 219.
  const update = new Float32Array(DIMENSION).fill(2.47);
  expect((await attacker.report(configuration, update)).refused).toBeUndefined();
  const moved = await step(await finish(2));
  expect(Math.hypot(...moved)).toBeLessThan(1.001 * clipNorm);
  await world.honestRounds(1);
});
