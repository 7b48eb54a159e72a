import { expect, it } from "vitest";
import { random } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("a report that stops half-way is abandoned, and its upload turn goes to the next member", async () => {
  const world = await openWorld({ limits: { uploadStallTimeoutMs: 100, maxConcurrentReports: 1 } });
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration);
  await attacker.expect("reportGrant");
  attacker.send({ type: "reportChunk", data: random.bytes(1_000) });
  expect((await attacker.expect("failure")).code).toBe("TIMED_OUT");
  expect(await attacker.closed).toBe(4408);
  await finish(1);
  await world.honestRounds(2);
});
