import { expect, it } from "vitest";
import { honestUpdate, random } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("a report with another member's nonce is refused, and that member's report still counts", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration, { reportNonce: random.bytes(16) });
  expect((await attacker.expect("reportResult")).refused?.code).toBe("REPORT_NONCE_INVALID");
  await finish(1);
  await world.honestRounds(2);
});

it("a stranger who knows a member's round id and nonce cannot report for it", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  const stranger = await world.greet();
  stranger.begin(configuration);
  expect((await stranger.expect("failure")).code).toBe("UNEXPECTED_MESSAGE");
  expect(await stranger.closed).toBe(4409);
  // The member whose nonce it was can still report.
  const result = await attacker.report(configuration, honestUpdate);
  expect(result.refused).toBeUndefined();
  await finish(2);
  await world.honestRounds(2);
});
