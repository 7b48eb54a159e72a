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

it("a report sent twice into one turn ends the session, and counts once", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration);
  await attacker.expect("reportGrant");
  for (let time = 0; time < 2; time++) {
    attacker.send({ type: "reportChunk", data: payloadOf(honestUpdate) });
  }
  // The first one is being added when the second one comes: that it counts may be known only after the session has ended.
  const answers = ["reportResult", "failure"];
  const first = await attacker.next();
  expect("type" in first && answers.includes(first.type)).toBe(true);
  expect(await attacker.closed).toBe(4409);
  await finish(2);
  await world.honestRounds(2);
});
