import type { TributaryError } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import { makeWorld, quiet, until, type MemoryParticipant } from "./coordinator-world.ts";

/** Checks a client in. Returns the rejection if the client is not taken. */
function rejectionOf(client: MemoryParticipant): TributaryError | undefined {
  try {
    client.checkIn();
  } catch (error) {
    return error as TributaryError;
  }
  return undefined;
}

const heard = (clients: readonly MemoryParticipant[]): Promise<void> =>
  until("all have heard", () => clients.every(({ outcomes }) => outcomes.length > 0));

const ONE = { goalCount: 1, overselection: 1, minimumFraction: 1 };

describe("clients that check in while a round runs", () => {
  it("wait, up to the limit, and are selected for the next round at once", async () => {
    const world = makeWorld({ limits: { maxWaitingClients: 4 } });
    const task = await world.startTask();
    const members = world.checkIn(3, "member");
    world.clock.advance(2_000);
    const waiting = world.checkIn(4, "waiting");
    expect(waiting.flatMap(({ told }) => told)).toEqual([]);

    const tooMany = rejectionOf(world.client("fifth"));
    expect(tooMany).toMatchObject({ code: "NO_OPEN_ROUND" });
    // Eight clients are no small population for rounds of three, so that they are spread over the
    // rounds that they could fill.
    expect(tooMany!.retryAfterMs).toBeGreaterThanOrEqual(8_000); // not before this round is over
    expect(tooMany!.retryAfterMs).toBeLessThanOrEqual(8_000 + (8 / 3) * 10_000);

    for (const member of members) member.report();
    await heard(members);
    await quiet();
    expect(waiting.filter(({ isSeated }) => isSeated)).toHaveLength(3);
    expect(await world.coordinator.progress(task)).toMatchObject({
      phase: "reporting",
      committedRounds: 1,
      waitingClients: 1,
    });
  });

  it("may wait in such a number as one round takes, whatever the limit", async () => {
    const world = makeWorld({ limits: { maxWaitingClients: 1 } });
    await world.startTask();
    const clients = world.checkIn(3);
    expect(clients.every(({ isSeated }) => isSeated)).toBe(true);
  });
});

describe("the time at which clients come back", () => {
  it("is at once for clients whose next round is open and needs them", async () => {
    const world = makeWorld();
    await world.startTask();
    const clients = world.checkIn(3);
    for (const client of clients) client.report();
    await heard(clients);
    expect(clients.map(({ outcomes }) => outcomes[0]!.nextCheckInMs)).toEqual([0, 0, 0]);
  });

  it("is spread over the rounds that a large population fills, by the duration of recent ones", async () => {
    const world = makeWorld();
    await world.startTask({ round: ONE });
    const clients = world.checkIn(40);
    const returns: number[] = [];
    for (let round = 0; round < 40; round++) {
      const member = clients.find(({ isSeated }) => isSeated)!;
      world.clock.advance(500);
      member.report();
      await heard([member]);
      await quiet();
      returns.push(member.outcomes[0]!.nextCheckInMs);
    }
    expect(returns).toHaveLength(40);
    // The population fills forty rounds of half a second. The mean is half of that time.
    expect(Math.max(...returns)).toBeLessThanOrEqual(20_500);
    const mean = returns.reduce((sum, ms) => sum + ms, 0) / returns.length;
    expect(mean).toBeGreaterThan(6_000);
    expect(mean).toBeLessThan(14_000);
    expect(new Set(returns).size).toBeGreaterThan(30);
  });

  it("is the round's end after a refused report, and the pause's end after an abandoned round", async () => {
    const world = makeWorld();
    await world.startTask();
    const [a, b, c] = world.checkIn(3);
    world.clock.advance(4_000);
    a!.report({ payload: new Uint8Array(20).fill(255) });
    expect(a!.retryWindows).toEqual([6_000]);
    b!.withdraw();
    await heard([c!]);
    expect(c!.outcomes[0]).toMatchObject({
      outcome: { abandoned: "too-few-left" },
      nextCheckInMs: 1_000,
    });
  });

  it("is common to a small population whose task has stopped, but not to unknown populations", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const waiting = world.checkIn(2);
    await world.coordinator.pauseTask(task.id);
    const windows = waiting.map(({ told }) =>
      told.flatMap((t) => ("retryAfterMs" in t ? [t.retryAfterMs] : [])),
    );
    expect(windows[0]).toHaveLength(1);
    expect(windows[1]).toEqual(windows[0]);
    world.clock.advance(700);
    expect(rejectionOf(world.client("later"))!.retryAfterMs! % 5_000).toBe(
      (windows[0]![0]! - 700 + 5_000) % 5_000,
    );
    const strangers = Array.from({ length: 20 }, (_, i) => {
      try {
        world.client(`stranger-${i}`).checkIn({ population: "nobody" });
      } catch (error) {
        return (error as TributaryError).retryAfterMs!;
      }
      return 0;
    });
    expect(new Set(strangers).size).toBeGreaterThan(15);
    for (const ms of strangers) expect(ms).toBeGreaterThan(2_000);
  });
});
