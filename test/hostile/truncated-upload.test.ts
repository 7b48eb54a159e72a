import { it } from "vitest";
import { honestUpdate, payloadOf } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("a report that is cut off one byte before its end does not count, and the round ends without it", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration);
  await attacker.expect("reportGrant");
  attacker.send({ type: "reportChunk", data: payloadOf(honestUpdate).subarray(0, -1) });
  await attacker.settled();
  attacker.socket.terminate();
  const { droppedOut } = await finish(1);
  if (droppedOut !== 1) throw new Error(`${droppedOut} dropped out`);
  await world.honestRounds(2);
});
