import { expect, it } from "vitest";
import { honestUpdate, payloadOf } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("a second report in one round ends the session, and the first counts once", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  const result = await attacker.report(configuration, honestUpdate);
  expect(result.refused).toBeUndefined();
  attacker.begin(configuration);
  expect((await attacker.expect("failure")).code).toBe("UNEXPECTED_MESSAGE");
  expect(await attacker.closed).toBe(4409);
  await finish(2);
  await world.honestRounds(2);
});

it("a report that is sent twice in one upload turn ends the session, and counts once", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration);
  await attacker.expect("reportGrant");
  for (let time = 0; time < 2; time++) {
    attacker.send({ type: "reportChunk", data: payloadOf(honestUpdate) });
  }
  // The first report may still be on its way to the sum. It is complete, so it counts, whether or
  // not its sender is told.
  expect(await attacker.closed).toBe(4409);
  await finish(2);
  await world.honestRounds(2);
});
