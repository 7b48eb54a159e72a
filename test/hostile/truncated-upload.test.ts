import { it } from "vitest";
import { honestUpdate, payloadOf } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("a report that ends one byte too early does not count, and the round ends without it", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration);
  await attacker.expect("reportGrant");
  attacker.send({ type: "reportChunk", data: payloadOf(honestUpdate).subarray(0, -1) });
  await attacker.settled();
  attacker.socket.terminate();
  const { droppedOut } = await finish(1);
  if (droppedOut !== 1) throw new Error(`${droppedOut} members dropped out, not 1`);
  await world.honestRounds(2);
});
