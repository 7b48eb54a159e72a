import { expect, it } from "vitest";
import type { DeviceProof } from "@tributary/protocol";
import type { HostileClient } from "./support/hostile-client.ts";
import { openWorld, type HostileWorld } from "./support/hostile-world.ts";

const SEED = new Uint8Array(32).fill(1);
const STRANGER = new Uint8Array(32).fill(2);
const BURST = 4;
const RATE_LIMITED = 'tributary_requests_rate_limited_total{share="device"}';

/** A population that admits devices which prove their keys. */
async function withDevices(): Promise<HostileWorld> {
  const world = await openWorld({ limits: { requestBurstPerDevice: BURST } });
  await world.startTask("members", { goalCount: 99 });
  const answer = await fetch(new URL("/v1/populations/members", world.server.adminUrl), {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ enrolment: "device" }),
  });
  expect(answer.status).toBe(200);
  return world;
}

const proofOf = (client: HostileClient, seed: Uint8Array): DeviceProof =>
  client.proofOf(seed, "members");

it("a device with many connections may send no more requests than a device with one", async () => {
  const world = await withDevices();
  const clients = await Promise.all(Array.from({ length: 40 }, () => world.greet()));
  const codes = await Promise.all(
    clients.map(async (client) => {
      client.checkIn("members", { device: proofOf(client, SEED) });
      const answer = await client.next();
      return "code" in answer ? answer.code : "accepted";
    }),
  );
  const refused = codes.filter((code) => code === "RATE_LIMITED").length;
  // On a slow machine, the device may send some more requests in the meantime.
  expect(refused).toBeGreaterThan(0);
  expect(codes.filter((code) => code === "accepted").length).toBe(codes.length - refused);
  expect(await world.metric(RATE_LIMITED)).toBe(refused);
  await world.honestRounds(2);
});

it("strangers who show a device's public key cannot use up its requests", async () => {
  const world = await withDevices();
  for (let turn = 0; turn < 3 * BURST; turn++) {
    const stranger = await world.greet();
    const { signature } = proofOf(stranger, STRANGER);
    const { publicKey } = proofOf(stranger, SEED);
    stranger.checkIn("members", { device: { publicKey, signature } });
    expect((await stranger.expect("failure")).code).toBe("DEVICE_PROOF_INVALID");
    expect(await stranger.closed).toBe(4403);
  }
  const owner = await world.greet();
  owner.checkIn("members", { device: proofOf(owner, SEED) });
  await owner.expect("checkInAccepted");
  expect(await world.metric(RATE_LIMITED)).toBe(0);
  await world.honestRounds(2);
});
