import { DEFAULT_LIMITS, type RoundId, type SessionId } from "@tributary/protocol";
import type { Configuration } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";

import { eventually, startGateway, type GatewayWorld, type WireClient } from "./gateway-world.ts";

const TWO = { goalCount: 2, overselection: 1, minimumFraction: 0.5, reportingTimeoutMs: 600_000 };

interface Scene {
  readonly world: GatewayWorld;
  readonly client: WireClient;
  readonly sessionId: SessionId;
  readonly configuration: Configuration;
  readonly honest: WireClient;
  readonly theirs: Configuration;
}

async function inRound(): Promise<Scene> {
  const world = await startGateway();
  await world.startTask({ round: TWO });
  const client = await world.connect();
  await client.shakeHands();
  client.send({ type: "hello", oldestVersion: 1, newestVersion: 1, software: "test" });
  const { sessionId } = await client.expect("welcome");
  const honest = await world.greet();
  const [configuration, theirs] = await Promise.all([
    client.joinRound("writers", { resumes: true }),
    honest.joinRound(),
  ]);
  return { world, client, sessionId, configuration, honest, theirs };
}

interface Claim {
  readonly resumeSecret?: Uint8Array;
  readonly roundId?: RoundId;
  readonly payloadSha256?: Uint8Array;
}

/** A new connection that asks for the member's seat. */
async function claimSeat(
  { world, sessionId, configuration }: Scene,
  {
    resumeSecret = configuration.resumeSecret!,
    roundId = configuration.roundId,
    payloadSha256,
  }: Claim = {},
): Promise<WireClient> {
  const again = await world.greet();
  const heldArtifacts = [configuration.delivery.plan.id, configuration.delivery.checkpoint.id];
  const claim = { population: "writers", roundId, sessionId, resumeSecret, heldArtifacts };
  again.send({
    ...{ type: "resume", ...claim },
    ...(payloadSha256 === undefined ? {} : { payloadSha256 }),
  });
  return again;
}

describe("a member that comes back over a new connection", () => {
  it("goes on where it was, and its old connection is ended", async () => {
    const scene = await inRound();
    const { client, configuration, honest, theirs, world } = scene;
    client.configured(configuration);
    await client.settled();
    const again = await claimSeat(scene);
    const resumed = await again.expect("resumed");
    expect(resumed).toMatchObject({ stage: "training", bytesLeft: 0 });
    expect(resumed.resumeSecret).not.toEqual(configuration.resumeSecret);
    expect(await client.closed).toBe(4408);
    again.begin(configuration);
    await again.expect("reportGrant");
    again.send({ type: "reportChunk", data: new Uint8Array(8) });
    await again.settled();
    again.socket.terminate();
    await eventually("it has gone", () => world.gateway.connectionCount === 1);
    const third = await claimSeat(scene, resumed);
    expect(await third.expect("resumed")).toMatchObject({ stage: "uploading", bytesLeft: 12 });
    third.send({ type: "reportChunk", data: new Uint8Array(12) });
    expect((await third.expect("reportResult")).refused).toBeUndefined();
    expect((await honest.finishRound(theirs)).outcome).toHaveProperty("committed");
    expect((await third.expect("roundOutcome")).outcome).toHaveProperty("committed");
  });

  it("is sent the configuration again, without what it holds, when it had not confirmed it", async () => {
    const scene = await inRound();
    scene.client.socket.terminate();
    const again = await claimSeat(scene);
    const second = await again.expect("roundConfiguration");
    expect(second.reportNonce).toEqual(scene.configuration.reportNonce);
    const ours = again.finishRound(second);
    expect((await scene.honest.finishRound(scene.theirs)).outcome).toHaveProperty("committed");
    expect((await ours).outcome).toHaveProperty("committed");
  });

  it("cannot send more of its report than is left", async () => {
    const scene = await inRound();
    const { client, configuration, honest, theirs } = scene;
    client.configured(configuration);
    client.begin(configuration);
    await client.expect("reportGrant");
    client.send({ type: "reportChunk", data: new Uint8Array(8) });
    await client.settled();
    client.socket.terminate();
    const again = await claimSeat(scene);
    await again.expect("resumed");
    again.send({ type: "reportChunk", data: new Uint8Array(13) });
    expect(await again.closed).toBe(4409);
    expect((await honest.finishRound(theirs)).outcome).toHaveProperty("committed");
  });
});

describe("the rest of a report that comes over a new connection", () => {
  const beginning = new Uint8Array(new Float32Array(5).fill(1).buffer);
  const other = new Uint8Array(new Float32Array(5).fill(2).buffer);

  /** Sends eight bytes of a report and loses the connection. */
  async function interrupted(): Promise<Scene> {
    const scene = await inRound();
    const { client, configuration } = scene;
    client.configured(configuration);
    client.begin(configuration);
    await client.expect("reportGrant");
    client.send({ type: "reportChunk", data: beginning.slice(0, 8) });
    await client.settled();
    client.socket.terminate();
    return scene;
  }

  it("counts when the whole hashes to what its client says", async () => {
    const scene = await interrupted();
    const payloadSha256 = scene.world.crypto.sha256(beginning);
    const again = await claimSeat(scene, { payloadSha256 });
    expect(await again.expect("resumed")).toMatchObject({ stage: "uploading", bytesLeft: 12 });
    again.send({ type: "reportChunk", data: beginning.slice(8) });
    expect((await again.expect("reportResult")).refused).toBeUndefined();
  });

  it("is refused when it is of another report than the beginning", async () => {
    const scene = await interrupted();
    const payloadSha256 = scene.world.crypto.sha256(other);
    const again = await claimSeat(scene, { payloadSha256 });
    await again.expect("resumed");
    again.send({ type: "reportChunk", data: other.slice(8) });
    const { refused } = await again.expect("reportResult");
    expect(refused).toMatchObject({ code: "UPDATE_MALFORMED" });
    const outcome = await scene.honest.finishRound(scene.theirs);
    expect(outcome.outcome).toHaveProperty("committed");
  });

  it("cannot be given another hash over a third connection", async () => {
    const scene = await interrupted();
    const { sha256 } = scene.world.crypto;
    const second = await claimSeat(scene, { payloadSha256: sha256(other) });
    const { resumeSecret } = await second.expect("resumed");
    second.socket.terminate();
    const third = await claimSeat(scene, { resumeSecret, payloadSha256: sha256(beginning) });
    await third.expect("resumed");
    third.send({ type: "reportChunk", data: beginning.slice(8) });
    expect((await third.expect("reportResult")).refused).toMatchObject({
      code: "UPDATE_MALFORMED",
    });
  });

  it("counts without a hash, as clients of older versions send it", async () => {
    const scene = await interrupted();
    const again = await claimSeat(scene);
    await again.expect("resumed");
    again.send({ type: "reportChunk", data: other.slice(8) });
    expect((await again.expect("reportResult")).refused).toBeUndefined();
  });
});

describe("a claim to a seat", () => {
  it("is refused alike for a wrong secret and an unknown round, and the session stays open", async () => {
    const scene = await inRound();
    scene.client.socket.terminate();
    const claims: Claim[] = [{ resumeSecret: new Uint8Array(32) }, { roundId: "rnd_0" as RoundId }];
    for (const claim of claims) {
      const thief = await claimSeat(scene, claim);
      expect(await thief.expect("failure")).toMatchObject({ code: "ROUND_CLOSED" });
      await thief.roundTrip();
    }
    expect(await (await claimSeat(scene)).expect("roundConfiguration")).toBeDefined();
  });

  it("is charged like any request", async () => {
    const scene = await inRound();
    const thief = await claimSeat(scene, { resumeSecret: new Uint8Array(32) });
    await thief.expect("failure");
    const { sessionId, configuration } = scene;
    for (let guess = 0; guess < DEFAULT_LIMITS.requestBurst; guess++) {
      thief.send({
        ...{ type: "resume", population: "writers", roundId: configuration.roundId, sessionId },
        resumeSecret: new Uint8Array(32).fill(guess),
        heldArtifacts: [],
      });
    }
    expect(await thief.closed).toBe(4430);
  });
});
