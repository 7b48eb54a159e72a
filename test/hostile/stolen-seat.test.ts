import { expect, it } from "vitest";
import type { Configuration } from "@tributary/protocol/testing";
import type { SessionId } from "@tributary/protocol";
import { crypto, honestUpdate, type HostileClient } from "./support/hostile-client.ts";
import { openWorld, type HostileWorld } from "./support/hostile-world.ts";

const ROUND = { goalCount: 1, reportingTimeoutMs: 60_000 };

/** A member that may come back to its seat, and the session in which it got it. */
async function member(world: HostileWorld): Promise<{
  readonly client: HostileClient;
  readonly configuration: Configuration;
  readonly sessionId: SessionId;
}> {
  await world.startTask("travellers", ROUND);
  const client = await world.connect();
  await client.shakeHands();
  client.send({ type: "hello", oldestVersion: 1, newestVersion: 1, software: "hostile" });
  const { sessionId } = await client.expect("welcome");
  const configuration = await client.joinRound("travellers", { resumes: true });
  client.configured(configuration);
  await client.settled();
  return { client, configuration, sessionId };
}

/** A stranger that asks for the seat with this secret. */
async function claim(
  world: HostileWorld,
  { configuration, sessionId }: Awaited<ReturnType<typeof member>>,
  resumeSecret: Uint8Array,
  report: { readonly payloadSha256?: Uint8Array } = {},
): Promise<HostileClient> {
  const stranger = await world.greet();
  const { roundId } = configuration;
  const population = "travellers";
  stranger.send({
    ...{ type: "resume", population, roundId, sessionId, resumeSecret, heldArtifacts: [] },
    ...report,
  });
  return stranger;
}

it("a guessed, a replayed and an expired secret get nobody a seat, and the member keeps its own", async () => {
  const world = await openWorld();
  const seat = await member(world);
  const secret = seat.configuration.resumeSecret!;
  const guessing = await claim(world, seat, new Uint8Array(32));
  expect((await guessing.expect("failure")).code).toBe("ROUND_CLOSED");

  seat.client.socket.terminate();
  const again = await claim(world, seat, secret);
  const resumed = await again.expect("resumed");
  again.begin(seat.configuration); // it shows that the next secret has reached it
  await again.expect("reportGrant");
  const replaying = await claim(world, seat, secret);
  expect((await replaying.expect("failure")).code).toBe("ROUND_CLOSED");

  again.send({ type: "reportChunk", data: new Uint8Array(honestUpdate.buffer) });
  expect((await again.expect("reportResult")).refused).toBeUndefined();
  expect((await again.expect("roundOutcome")).outcome).toHaveProperty("committed");
  const late = await claim(world, seat, resumed.resumeSecret);
  expect((await late.expect("failure")).code).toBe("ROUND_CLOSED");
  await world.honestRounds(1);
});

it("the rest of an interrupted upload counts only for its own seat, its own length and its own report", async () => {
  const world = await openWorld();
  const seat = await member(world);
  const secret = seat.configuration.resumeSecret!;
  const payload = new Uint8Array(honestUpdate.buffer);
  const half = payload.length / 2;
  seat.client.begin(seat.configuration);
  await seat.client.expect("reportGrant");
  seat.client.send({ type: "reportChunk", data: payload.subarray(0, half) });
  await seat.client.settled();
  seat.client.socket.terminate();

  const stranger = await claim(world, seat, new Uint8Array(32));
  await stranger.expect("failure");
  stranger.send({ type: "reportChunk", data: payload.subarray(half) });
  expect(await stranger.closed).toBe(4409);

  const other = payload.map((byte) => byte ^ 1);
  const again = await claim(world, seat, secret, { payloadSha256: crypto.sha256(other) });
  expect(await again.expect("resumed")).toMatchObject({ stage: "uploading", bytesLeft: half });
  again.send({ type: "reportChunk", data: other.subarray(half) });
  expect((await again.expect("reportResult")).refused?.code).toBe("UPDATE_MALFORMED");
  await world.honestRounds(1);
});
