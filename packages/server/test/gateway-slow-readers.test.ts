import {
  checkpointIdOf,
  planIdOf,
  type ArtifactId,
  type CheckpointId,
  type Delivery,
  type PartialReference,
  type PlanId,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it } from "vitest";

import { sealModel, type SealedModel } from "../src/coordinator/model/sealed-model.ts";
import type { SessionHost } from "../src/gateway/session-deps.ts";
import { eventually, startGateway, type GatewayWorld, type WireClient } from "./gateway-world.ts";
import { startMeteredRelay, type MeteredRelay } from "./metered-relay.ts";

const crypto = createNodeCryptoProvider();
const CHUNK_BYTES = 65_536;
const CHUNKS = 16;

/** A model whose chunks come to a megabyte. */
function bigModel(): SealedModel {
  const named = <Id extends ArtifactId>(
    bytes: Uint8Array,
    nameOf: (provider: typeof crypto, bytes: Uint8Array) => Id,
  ): { readonly id: Id; readonly bytes: Uint8Array } => ({ id: nameOf(crypto, bytes), bytes });
  return sealModel({
    crypto,
    random: { bytes: (length: number) => new Uint8Array(length).fill(5) } as never,
    plan: { ...named<PlanId>(new Uint8Array(10), planIdOf), signature: new Uint8Array(64) },
    checkpoint: named<CheckpointId>(new Uint8Array(CHUNKS * CHUNK_BYTES), checkpointIdOf),
  });
}

const hostOf = (model: SealedModel): SessionHost => ({
  checkIn: () => ({ waiting: 1, leave: () => {} }),
  resume() {},
  newestModel: async () => ({ model, roundNumber: 1 }),
});

interface LogLine {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A client that asks for a big model through a relay, which holds all of it. */
async function downloading(): Promise<{
  readonly world: GatewayWorld;
  readonly relay: MeteredRelay;
  readonly client: WireClient;
  readonly received: () => number;
  readonly log: LogLine[];
}> {
  const host = hostOf(bigModel());
  const log: LogLine[] = [];
  const info = (event: string, fields: LogLine["fields"] = {}): void =>
    void log.push({ event, fields });
  const logger = { debug() {}, info, warn() {}, error() {} };
  const world = await startGateway({ host, logger });
  const relay = await startMeteredRelay(world.url);
  relay.allow(10_000);
  const client = await world.greet({ url: relay.url });
  relay.stop();
  let received = 0;
  client.socket.on("message", (data: Buffer) => (received += data.length));
  client.requestModel("writers");
  await eventually("the relay holds the model", () => relay.heldBytes() > CHUNKS * CHUNK_BYTES);
  return { world, relay, client, received: () => received, log };
}

describe("a client on a slow link behind a proxy that holds a whole model", () => {
  it("is not cut as long as it reads at the lowest rate", async () => {
    const { world, relay, received } = await downloading();
    const { heartbeatIntervalMs, minReadBytesPerSecond } = world.limits;
    const bytesPerBeat = (minReadBytesPerSecond * heartbeatIntervalMs) / 1_000;
    let beats = 0;
    while (received() < CHUNKS * CHUNK_BYTES) {
      await relay.settled(bytesPerBeat);
      world.clock.advance(heartbeatIntervalMs);
      beats += 1;
    }
    expect(beats).toBeGreaterThan(10);
    expect(world.cuts).toEqual([]);
  });

  it("is cut when it reads nothing any more, and the log says how far it came", async () => {
    const { world, relay, client, log } = await downloading();
    await relay.settled(3 * CHUNK_BYTES);
    for (let beat = 0; beat < 4 && world.cuts.length === 0; beat++) {
      world.clock.advance(world.limits.heartbeatIntervalMs);
      await relay.settled(0);
    }
    expect(world.cuts).toEqual(["silent"]);
    const { fields } = log.find(({ event }) => event === "connection cut")!;
    expect(fields).toMatchObject({ reason: "silent", address: "127.0.0.1" });
    expect(fields["session"]).toMatch(/^ses_/);
    expect(fields["bytesDue"]).toBeGreaterThan(CHUNKS * CHUNK_BYTES);
    expect(fields["bytesSent"]).toBe(fields["bytesDue"]);
    expect(fields["bytesRead"]).toBeGreaterThanOrEqual(2 * CHUNK_BYTES);
    expect(fields["bytesRead"]).toBeLessThanOrEqual(4 * CHUNK_BYTES);
    // A client that reads again learns why it was cut.
    relay.allow(Number.POSITIVE_INFINITY);
    expect(await client.closed).toBe(4408);
  });
});

describe("a client that has kept the first chunks of a delivery", () => {
  /** The server's answer to a request for the model that says what the client has kept. */
  async function offered(
    kept: (model: SealedModel) => PartialReference,
  ): Promise<{ readonly delivery: Delivery; readonly indices: readonly number[] }> {
    const model = bigModel();
    const world = await startGateway({ host: hostOf(model) });
    const client = await world.greet();
    const heldArtifacts = [model.delivery.plan.id];
    client.requestModel("writers", { heldArtifacts, partial: kept(model) });
    const { delivery } = await client.expect("modelOffer");
    const count = CHUNKS - (delivery.partial?.chunks ?? 0);
    const chunks = await client.chunks(count);
    await client.settled();
    await client.close();
    await expect(client.next()).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    return { delivery, indices: chunks.map(({ index }) => index) };
  }

  it("is sent the rest of it, and told so", async () => {
    const partial = (model: SealedModel): PartialReference => ({
      id: model.delivery.checkpoint.id,
      chunks: 13,
    });
    const { delivery, indices } = await offered(partial);
    expect(delivery.partial).toEqual({ id: delivery.checkpoint.id, chunks: 13 });
    expect(indices).toEqual([13, 14, 15]);
  });

  it.each<[string, (model: SealedModel) => PartialReference]>([
    ["of another artifact", () => ({ id: "ab".repeat(32) as ArtifactId, chunks: 3 })],
    ["of a plan that it holds", ({ delivery }) => ({ id: delivery.plan.id, chunks: 1 })],
    ["that are none", ({ delivery }) => ({ id: delivery.checkpoint.id, chunks: 0 })],
    ["that are all", ({ delivery }) => ({ id: delivery.checkpoint.id, chunks: CHUNKS })],
    ["beyond the end", ({ delivery }) => ({ id: delivery.checkpoint.id, chunks: 2 ** 32 - 1 })],
  ])("is sent everything when it speaks of chunks %s", async (_, partial) => {
    const { delivery, indices } = await offered(partial);
    expect(delivery.partial).toBeUndefined();
    expect(indices.length).toBe(CHUNKS);
  });
});
