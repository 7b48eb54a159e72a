// What clients of one address can do to those of others.
import type { TributaryError } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import {
  makeWorld,
  quiet,
  until,
  type MemoryParticipant,
  type World,
} from "./coordinator-world.ts";

/** Makes a client that comes from this site. */
function from(world: World, site: string, name: string): MemoryParticipant {
  const client = world.client(name);
  client.site = site;
  return client;
}

/** Checks a client in. @returns The error with which it is rejected. */
function rejectionOf(client: MemoryParticipant): TributaryError | undefined {
  try {
    client.checkIn();
  } catch (error) {
    return error as TributaryError;
  }
  return undefined;
}

const heard = (clients: readonly MemoryParticipant[], rounds = 1): Promise<void> =>
  until("all have heard", () => clients.every(({ outcomes }) => outcomes.length === rounds));

const THREE = { goalCount: 3, overselection: 1, minimumFraction: 1 };

describe("a loop of check-in and withdrawal", () => {
  it("is stopped after a few rounds, which leave one record", async () => {
    const world = makeWorld();
    const task = await world.startTask({ round: THREE });
    let attempts = 0;
    // Three sockets check in and withdraw for 45 seconds, over new connections each time.
    for (let turn = 0; turn < 450; turn++) {
      const sockets = [0, 1, 2].map((socket) => from(world, "attacker", `${turn}-${socket}`));
      for (const socket of sockets) rejectionOf(socket);
      await quiet();
      if (sockets.some(({ isSeated }) => isSeated)) attempts += 1;
      for (const socket of sockets) {
        if (socket.isSeated) socket.withdraw();
        socket.disconnect();
      }
      await quiet();
      world.clock.advance(100);
    }
    expect(attempts).toBeGreaterThan(0);
    expect(attempts).toBeLessThanOrEqual(20);
    const rounds = await world.rounds(task);
    expect(rounds).toMatchObject([{ outcome: "abandoned", reason: "too-few-left", attempts }]);

    const honest = world.checkIn(3, "honest");
    for (const client of honest) client.report();
    await heard(honest);
    expect(honest[0]!.outcomes[0]!.outcome).toHaveProperty("committed");
  });

  it("does not have its requests given back, unlike a report and a round that fails without it", async () => {
    const world = makeWorld();
    await world.startTask({ round: { ...THREE, minimumFraction: 0.5 } });
    const [reports, withdraws, waits] = world.checkIn(3);
    reports!.report();
    withdraws!.withdraw();
    world.clock.advance(10_000);
    await heard([reports!, waits!]);
    expect(reports!.requestsReturned).toBe(1);
    expect(withdraws!.requestsReturned).toBe(0);
    // It had all the time of the round, and did not use it.
    expect(waits!.requestsReturned).toBe(0);

    world.clock.advance(60_000);
    const [a, b, c] = world.checkIn(3, "next");
    a!.withdraw();
    b!.withdraw();
    await heard([c!]);
    expect([a!, b!, c!].map(({ requestsReturned }) => requestsReturned)).toEqual([0, 0, 1]);
  });

  it("holds each client to the wait that it was told, and no other client of its address", async () => {
    const world = makeWorld();
    await world.startTask({ round: { ...THREE, minimumFraction: 0.3 } });
    const [first] = ["a", "b", "c"].map((name) => {
      const client = from(world, "office", name);
      client.checkIn();
      return client;
    });
    first!.withdraw();
    const told = rejectionOf(first!);
    expect(told).toMatchObject({ code: "NO_OPEN_ROUND" });
    world.clock.advance(1_000);
    expect(rejectionOf(first!)!.retryAfterMs).toBe(told!.retryAfterMs! - 1_000);
    expect(rejectionOf(from(world, "office", "colleague"))).toBeUndefined();
    world.clock.advance(told!.retryAfterMs! - 1_000);
    expect(rejectionOf(first!)).toBeUndefined();
  });

  it("does not become another client's by a new connection of its device", async () => {
    const world = makeWorld();
    const device = { deviceId: "phone" };
    const task = await world.startTask();
    await world.coordinator.pauseTask(task.id);
    const wait = (site: string): number | undefined => {
      try {
        from(world, site, site).checkIn(device);
      } catch (error) {
        return (error as TributaryError).retryAfterMs;
      }
      return undefined;
    };
    const told = wait("home");
    world.clock.advance(1_000);
    expect(wait("elsewhere")).toBe(told! - 1_000);
  });
});

describe("idle clients of one address", () => {
  it("do not send others away for longer than a few of them would", async () => {
    const returnOf = async (idle: number): Promise<number> => {
      const world = makeWorld();
      await world.startTask({ round: { ...THREE, goalCount: 6 } });
      const honest = world.checkIn(22, "honest");
      for (let client = 0; client < idle; client++) {
        from(world, "crowd", `idle-${client}`).checkIn();
      }
      const members = honest.filter(({ isSeated }) => isSeated);
      world.clock.advance(5_000);
      for (const member of members) member.report();
      await heard(members);
      const returns = members.map(({ outcomes }) => outcomes[0]!.nextCheckInMs);
      await world.coordinator.close();
      return Math.max(...returns);
    };
    const alone = await returnOf(0);
    expect(await returnOf(600)).toBeLessThanOrEqual(2 * alone);
  });

  it("get as many seats as those of another address, and no more, when both wait", async () => {
    const world = makeWorld();
    await world.startTask({ round: { ...THREE, goalCount: 8 } });
    const members = world.checkIn(8, "member");
    for (let client = 0; client < 600; client++) {
      from(world, "crowd", `idle-${client}`).checkIn();
    }
    const honest = world.checkIn(7, "honest");
    for (const member of members) member.report();
    await heard(members);
    await until("the next cohort is seated", () => honest.some(({ isSeated }) => isSeated));
    expect(honest.every(({ isSeated }) => isSeated)).toBe(true);
  });

  it("give way to clients of other addresses when no more may wait", async () => {
    const world = makeWorld({ limits: { maxWaitingClients: 10 } });
    await world.startTask({ round: THREE });
    world.checkIn(3, "member");
    const crowd = Array.from({ length: 10 }, (_, client) => from(world, "crowd", `idle-${client}`));
    for (const client of crowd) client.checkIn();
    expect(rejectionOf(from(world, "crowd", "one too many"))).toMatchObject({
      code: "NO_OPEN_ROUND",
    });
    const honest = ["a", "b", "c", "d"].map((site) => from(world, site, site));
    expect(honest.map(rejectionOf)).toEqual([undefined, undefined, undefined, undefined]);
    expect(crowd.filter(({ told }) => told.at(-1)?.type === "rejected")).toHaveLength(4);
  });

  it("come last when their address has wasted seats, and still take part when nobody else comes", async () => {
    const world = makeWorld();
    await world.startTask({ round: THREE });
    const wasters = ["a", "b", "c"].map((name) => from(world, "waster", name));
    for (const client of wasters) client.checkIn();
    for (const client of wasters) client.withdraw();
    await quiet();
    world.clock.advance(10_000);
    // The round has gathered for long enough to take anybody.
    for (const client of wasters) client.checkIn();
    expect(wasters.every(({ isSeated }) => isSeated)).toBe(true);

    for (const client of wasters) client.withdraw();
    await quiet();
    const patient = ["d", "e", "f"].map((name) => from(world, "waster", name));
    for (const client of patient) client.checkIn();
    world.clock.advance(999);
    expect(patient.some(({ isSeated }) => isSeated)).toBe(false);
    const honest = world.checkIn(2, "honest");
    world.clock.advance(1);
    expect(honest.every(({ isSeated }) => isSeated)).toBe(true);
    expect(patient.filter(({ isSeated }) => isSeated)).toHaveLength(1);
    await world.coordinator.close();
  });
});
