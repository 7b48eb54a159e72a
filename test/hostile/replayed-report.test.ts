import { expect, it } from "vitest";
import { encodeClientMessage } from "@tributary/protocol";
import { honestUpdate, payloadOf } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("a record that is sent twice ends the session, and its report does not count twice", async () => {
  const world = await openWorld();
  const { attacker, configuration, finish } = await world.pair();
  attacker.configured(configuration);
  attacker.begin(configuration);
  await attacker.expect("reportGrant");
  const record = attacker.seal(
    encodeClientMessage({ type: "reportChunk", data: payloadOf(honestUpdate) }),
  );
  attacker.sendBytes(record);
  expect((await attacker.expect("reportResult")).refused).toBeUndefined();
  attacker.sendBytes(record);
  expect(await attacker.closed).toBe(4400);
  await finish(2); // The attacker's report, once, and the partner's.
  await world.honestRounds(2);
});

it("a record of one session cannot be decrypted in another", async () => {
  const world = await openWorld();
  const [first, second] = [await world.greet(), await world.greet()];
  const record = first.seal(
    encodeClientMessage({ type: "modelRequest", population: "honest", heldArtifacts: [] }),
  );
  second.sendBytes(record);
  expect(await second.closed).toBe(4400);
  first.sendBytes(record);
  await first.expect("modelOffer");
  await world.honestRounds(2);
});

it("a report for a round that has ended is refused and changes nothing", async () => {
  const world = await openWorld();
  const { attacker, configuration, partner, finish } = await world.pair();
  const result = await attacker.report(configuration, honestUpdate);
  expect(result.refused).toBeUndefined();
  await finish(2);
  await attacker.expect("roundOutcome");
  attacker.begin(configuration);
  expect((await attacker.expect("reportResult")).refused?.code).toBe("ROUND_CLOSED");
  attacker.send({ type: "reportChunk", data: payloadOf(honestUpdate) });
  expect(await attacker.closed).toBe(4409); // It had no upload turn.
  expect(partner.socket.readyState).toBe(partner.socket.OPEN);
  await world.honestRounds(2);
});
