import { expect, it } from "vitest";
import { PROTOCOL_CONSTANTS } from "@tributary/protocol";
import { honestUpdate, payloadOf } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("a report that arrives one byte at a time ends the session, and the round ends without it", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration);
  await attacker.expect("reportGrant");
  const payload = payloadOf(honestUpdate);
  for (let byte = 0; byte <= PROTOCOL_CONSTANTS.maxReportPieces; byte++) {
    attacker.send({ type: "reportChunk", data: payload.subarray(byte, byte + 1) });
  }
  expect(await attacker.closed).toBe(4409);
  await finish(1);
  await world.honestRounds(2);
});

it("a frame that arrives one byte at a time ends the session", async () => {
  const world = await openWorld();
  const client = await world.greet();
  for (let byte = 0; byte < 1_100; byte++) {
    client.socket.send(Uint8Array.of(1), { fin: false });
  }
  expect(await client.closed).toBe(1008);
  await world.honestRounds(2);
});
