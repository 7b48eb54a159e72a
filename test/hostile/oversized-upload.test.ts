import { expect, it } from "vitest";
import { PROTOCOL_CONSTANTS } from "@tributary/protocol";
import { DIMENSION, honestUpdate, payloadOf, random } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("a report that is longer than announced ends the session, and the round ends without it", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration);
  await attacker.expect("reportGrant");
  attacker.send({ type: "reportChunk", data: payloadOf(honestUpdate).subarray(0, -1) });
  attacker.send({ type: "reportChunk", data: random.bytes(2) });
  expect(await attacker.closed).toBe(4409);
  await finish(1);
  await world.honestRounds(2);
});

it.each([4 * DIMENSION + 4, Number.MAX_SAFE_INTEGER])(
  "a report of %i bytes is refused when it is announced, before memory is reserved for it",
  async (updateBytes) => {
    const world = await openWorld();
    const { attacker, configuration, finish } = await world.pair();
    attacker.configured(configuration);
    attacker.begin(configuration, { updateBytes });
    expect((await attacker.expect("reportResult")).refused?.code).toBe("UPDATE_SHAPE");
    await finish(1);
    await world.honestRounds(2);
  },
);

it("a frame that is too large ends the session before it is in memory", async () => {
  const world = await openWorld();
  const client = await world.greet();
  client.sendBytes(new Uint8Array(PROTOCOL_CONSTANTS.maxClientFrameBytes + 1));
  expect(await client.closed).toBe(1009);
  expect(await world.metric('tributary_session_failures_total{code="FRAME_TOO_LARGE"}')).toBe(1);
  await world.honestRounds(2);
});
