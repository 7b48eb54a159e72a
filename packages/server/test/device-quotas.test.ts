import type { ClientMessage } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Shares } from "../src/runtime/shares.ts";
import { ManualClock } from "@tributary/protocol/testing";
import { RULES, mintToken } from "./enrolment-tokens.ts";
import { startGateway, type GatewayWorld, type WireClient } from "./gateway-world.ts";

const crypto = createNodeCryptoProvider();
const SEED = new Uint8Array(32).fill(1);
const OTHER_SEED = new Uint8Array(32).fill(2);
const ALONE = { goalCount: 1, overselection: 1, minimumFraction: 1 };

describe("a device's share of requests", () => {
  it("belongs to one device, and fills again with time or when a request is given back", () => {
    const clock = new ManualClock();
    const quotas = new Shares(clock, { burst: 2, perSecond: 1, maxNames: 10 });
    expect([1, 2, 3].map(() => quotas.take("a"))).toEqual([true, true, false]);
    expect(quotas.take("b")).toBe(true);
    quotas.giveBack("a");
    expect([1, 2].map(() => quotas.take("a"))).toEqual([true, false]);
    clock.advance(1_000);
    expect([1, 2].map(() => quotas.take("a"))).toEqual([true, false]);
  });

  it("is remembered for a bounded number of devices, which are those that asked last", () => {
    const quotas = new Shares(new ManualClock(), { burst: 1, perSecond: 4, maxNames: 10 });
    for (let device = 0; device < 1_000; device++) {
      expect(quotas.take(`${device}`)).toBe(true);
      expect(quotas.trackedCount).toBeLessThanOrEqual(10);
    }
    for (let device = 990; device < 1_000; device++) {
      expect(quotas.take(`${device}`)).toBe(false);
    }
  });

  it("is no longer remembered once it is full again", () => {
    const clock = new ManualClock();
    const quotas = new Shares(clock, { burst: 32, perSecond: 4, maxNames: 65_536 });
    for (let device = 0; device < 40; device++) quotas.take(`${device}`);
    clock.advance(60_000);
    for (let late = 0; late < 20; late++) quotas.take(`late ${late}`);
    expect(quotas.trackedCount).toBe(20);
  });

  it("never allows more than its burst and its rate, whichever other devices come", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 900 }), fc.nat(5)), { maxLength: 200 }),
        (asked) => {
          const clock = new ManualClock();
          const quotas = new Shares(clock, { burst: 3, perSecond: 2, maxNames: 65_536 });
          const taken = new Map<number, number>();
          for (const [waitMs, device] of asked) {
            clock.advance(waitMs);
            if (!quotas.take(`${device}`)) continue;
            const count = (taken.get(device) ?? 0) + 1;
            taken.set(device, count);
            expect(count).toBeLessThanOrEqual(3 + (clock.now() * 2) / 1_000 + 1e-6);
          }
        },
      ),
    );
  });
});

describe("check-ins of one device", () => {
  type Shown = Pick<Extract<ClientMessage, { type: "checkIn" }>, "device" | "token">;

  /** Makes a client with a connection of its own, and lets it check in. */
  async function checkIn(
    world: GatewayWorld,
    shown: (client: WireClient) => Shown,
    population = "writers",
  ): Promise<WireClient> {
    const client = await world.greet();
    client.checkIn(population, shown(client));
    return client;
  }

  const keyed =
    (seed: Uint8Array, population = "writers") =>
    (client: WireClient): Shown => ({ device: client.proofOf(seed, population) });

  async function expectCut(client: WireClient): Promise<void> {
    const { code, retryAfterMs } = await client.expect("failure");
    expect(code).toBe("RATE_LIMITED");
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(await client.closed).toBe(4430);
  }

  /** Makes a world that counts the queries for devices to its store. */
  async function countedWorld(
    requestBurstPerDevice: number,
  ): Promise<{ world: GatewayWorld; queries: () => number }> {
    const world = await startGateway({ limits: { requestBurstPerDevice } });
    const { access } = world.storage;
    const { device: find, addDevice: add } = access;
    let queries = 0;
    access.device = (...asked) => {
      queries += 1;
      return find.apply(access, asked);
    };
    access.addDevice = (...asked) => {
      queries += 1;
      return add.apply(access, asked);
    };
    await world.startTask();
    return { world, queries: () => queries };
  }

  it("are bounded over all its connections and populations, before the store is asked", async () => {
    const { world, queries } = await countedWorld(2);
    for (const population of ["writers", "made-up-1"]) {
      const client = await checkIn(world, keyed(SEED, population), population);
      await client.next();
    }
    const asked = queries();
    await expectCut(await checkIn(world, keyed(SEED)));
    await expectCut(await checkIn(world, keyed(SEED, "made-up-2"), "made-up-2"));
    expect(queries()).toBe(asked);
    expect(world.rateLimited).toEqual(["device", "device"]);

    const other = await checkIn(world, keyed(OTHER_SEED));
    await other.expect("checkInAccepted");
    world.clock.advance(1_000);
    await (await checkIn(world, keyed(SEED))).expect("checkInAccepted");
  });

  it("are not used up by strangers that show its public key without having its private key", async () => {
    const { world } = await countedWorld(1);
    const victim = await world.greet();
    for (let turn = 0; turn < 3; turn++) {
      const attacker = await checkIn(world, (client) => ({
        device: {
          ...keyed(OTHER_SEED)(client).device!,
          publicKey: crypto.ed25519PublicKey(SEED),
        },
      }));
      expect(await attacker.expect("failure")).toMatchObject({ code: "DEVICE_PROOF_INVALID" });
    }
    victim.checkIn("writers", keyed(SEED)(victim));
    await victim.expect("checkInAccepted");
  });

  it("are bounded by the subject of its tokens when it has no key, and invalid tokens do not count", async () => {
    const { world, queries } = await countedWorld(1);
    await world.enrolment.setPolicy("writers", { enrolment: "token", token: RULES });
    const nowMs = world.clock.now();
    const token = (sub: string, seed?: Uint8Array): (() => Shown) => {
      const signed = { nowMs, claims: { sub }, ...(seed === undefined ? {} : { seed }) };
      return () => ({ token: mintToken(signed) });
    };
    const forger = await checkIn(world, token("phone-1", OTHER_SEED));
    expect(await forger.expect("rejection")).toMatchObject({ code: "TOKEN_INVALID" });
    await (await checkIn(world, token("phone-1"))).expect("checkInAccepted");
    const asked = queries();
    await expectCut(await checkIn(world, token("phone-1")));
    expect(queries()).toBe(asked);
    await (await checkIn(world, token("phone-2"))).expect("checkInAccepted");
  });

  it("do not count when they lead to a round", async () => {
    const world = await startGateway({ limits: { requestBurstPerDevice: 1 } });
    await world.startTask({ round: ALONE });
    for (let round = 0; round < 4; round++) {
      const client = await world.greet();
      const configuration = await client.joinRound("writers", keyed(SEED)(client));
      expect((await client.finishRound(configuration)).outcome).toHaveProperty("committed");
      await client.close();
    }
    expect(world.rateLimited).toEqual([]);
  });
});
