// Tests what happens while a report is being added in another thread, which may take a while.
import { describe, expect, it } from "vitest";

import { localAdders, type OpenAdder, type UpdateAdder } from "@tributary/core";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  DIMENSION,
  INITIAL,
  makeWorld,
  quiet,
  until,
  type MemoryParticipant,
  type World,
} from "./coordinator-world.ts";

/** An adder that keeps reports until a test tells it to add the oldest one. */
class PatientAdder implements UpdateAdder {
  readonly dimension: number;
  readonly #inner: UpdateAdder;
  readonly #waiting: (() => void)[] = [];
  isDiscarded = false;

  constructor(inner: UpdateAdder) {
    this.dimension = inner.dimension;
    this.#inner = inner;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  async add(payload: Uint8Array, exampleCount: number): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    await this.#inner.add(payload, exampleCount);
  }

  addOldest(): void {
    this.#waiting.shift()?.();
  }

  combine(yieldTurn: () => Promise<void>): ReturnType<UpdateAdder["combine"]> {
    return this.#inner.combine(yieldTurn);
  }

  discard(): void {
    this.isDiscarded = true;
    this.#inner.discard();
  }
}

interface Patience {
  readonly world: World;
  /** The adders of all rounds so far. */
  readonly adders: PatientAdder[];
}

function patientWorld(uploadTurns = 16): Patience {
  const adders: PatientAdder[] = [];
  const open = localAdders(createNodeCryptoProvider());
  const openAdder: OpenAdder = (spec) => {
    const adder = new PatientAdder(open(spec));
    adders.push(adder);
    return adder;
  };
  return { world: makeWorld({ openAdder, limits: { maxConcurrentReports: uploadTurns } }), adders };
}

const updateOf = (value: number): { readonly update: Float32Array } => ({
  update: new Float32Array(DIMENSION).fill(value),
});

const accepted = (client: MemoryParticipant): boolean =>
  client.told.some((each) => each.type === "answered" && each.refused === undefined);

const NOT_FINITE = updateOf(NaN);

describe("while reports are being added", () => {
  it("no member is told that its report counts before it has been added", async () => {
    const { world, adders } = patientWorld();
    const task = await world.startTask();
    const [one, two, three] = world.checkIn(3);
    one!.report(updateOf(1));
    two!.report(updateOf(2));
    three!.report(updateOf(6));
    await quiet();
    expect([one, two, three].map((client) => accepted(client!))).toEqual([false, false, false]);
    adders[0]!.addOldest();
    await until("the first is told", () => accepted(one!));
    expect(accepted(two!)).toBe(false);
    adders[0]!.addOldest();
    adders[0]!.addOldest();
    await until("the round has ended", () => one!.outcomes.length === 1);
    expect(await world.weights(task)).toEqual(Array.from(INITIAL, (value) => value + 3));
    expect(adders[0]!.isDiscarded).toBe(true);
  });

  it("no more are added than the goal count, and a refused one makes room for another", async () => {
    const { world, adders } = patientWorld();
    const task = await world.startTask({ round: { overselection: 5 / 3 } });
    const clients = world.checkIn(5);
    clients[0]!.report(NOT_FINITE);
    for (const client of clients.slice(1)) client.report(updateOf(2));
    await quiet();
    expect(adders[0]!.waiting).toBe(3);
    adders[0]!.addOldest();
    await until("the fourth has taken the first one's place", () => adders[0]!.waiting === 3);
    expect(clients[0]!.refusals).toEqual(["UPDATE_NOT_FINITE"]);
    for (let report = 0; report < 3; report++) adders[0]!.addOldest();
    await until("the round has ended", () => clients[4]!.outcomes.length === 1);
    expect(clients.map(accepted)).toEqual([false, true, true, true, false]);
    const [round] = await world.rounds(task);
    expect(round).toMatchObject({ outcome: "committed", reported: 3, exampleCount: 30 });
    expect(await world.weights(task)).toEqual(Array.from(INITIAL, (value) => value + 2));
  });

  it("a report that is being added counts although its sender leaves", async () => {
    const { world, adders } = patientWorld();
    const task = await world.startTask();
    const [one, two, three] = world.checkIn(3);
    one!.report(updateOf(1));
    one!.disconnect();
    two!.report(updateOf(2));
    two!.withdraw();
    three!.report(updateOf(6));
    for (let report = 0; report < 3; report++) adders[0]!.addOldest();
    await until("the round has ended", () => three!.outcomes.length === 1);
    const [round] = await world.rounds(task);
    expect(round).toMatchObject({ reported: 3, droppedOut: 0 });
    expect(await world.weights(task)).toEqual(Array.from(INITIAL, (value) => value + 3));
  });

  it("a report that waits to be added does not count when its sender leaves", async () => {
    const { world, adders } = patientWorld();
    const task = await world.startTask({ round: { overselection: 4 / 3 } });
    const clients = world.checkIn(4);
    for (const client of clients) client.report(updateOf(2));
    clients[3]!.disconnect();
    for (let report = 0; report < 3; report++) adders[0]!.addOldest();
    await until("the round has ended", () => clients[0]!.outcomes.length === 1);
    const [round] = await world.rounds(task);
    expect(round).toMatchObject({ reported: 3, droppedOut: 1 });
  });

  it("the round waits for them at its deadline, and they count", async () => {
    const { world, adders } = patientWorld();
    const task = await world.startTask(); // a goal of 3, of which 2 are enough
    const clients = world.checkIn(3);
    for (const client of clients) client.report(updateOf(3));
    adders[0]!.addOldest();
    adders[0]!.addOldest();
    await until("two count", () => accepted(clients[1]!));
    world.clock.advance(10_000);
    await quiet();
    expect(clients[0]!.outcomes).toEqual([]);
    adders[0]!.addOldest();
    await until("the round has ended", () => clients[0]!.outcomes.length === 1);
    expect(accepted(clients[2]!)).toBe(true);
    const [round] = await world.rounds(task);
    expect(round).toMatchObject({ outcome: "committed", reported: 3, exampleCount: 30 });
    expect(await world.weights(task)).toEqual(Array.from(INITIAL, (value) => value + 3));
  });

  it.each([
    ["its deadline", (world: World): void => world.clock.advance(10_000)],
    ["the server's end", (world: World): void => void world.coordinator.close()],
  ])(
    "a round with too few reports waits for them at %s, and then has enough",
    async (_what, end) => {
      const { world, adders } = patientWorld();
      const task = await world.startTask(); // a goal of 3, of which 2 are enough
      const clients = world.checkIn(3);
      clients[0]!.report(updateOf(3));
      adders[0]!.addOldest();
      await until("one counts", () => accepted(clients[0]!));
      clients[1]!.report(updateOf(3));
      end(world);
      await quiet();
      expect(clients[0]!.outcomes).toEqual([]);
      adders[0]!.addOldest();
      await until("the round has ended", () => clients[0]!.outcomes.length === 1);
      const [round] = await world.rounds(task);
      expect(round).toMatchObject({ outcome: "committed", reported: 2, exampleCount: 20 });
    },
  );

  it("a round that is abandoned finishes them, and their upload turns are free afterwards", async () => {
    const { world, adders } = patientWorld(2);
    const task = await world.startTask();
    const clients = world.checkIn(3);
    clients[0]!.report(updateOf(1));
    clients[1]!.report(updateOf(1));
    await world.coordinator.cancelTask(task.id);
    expect(clients[0]!.outcomes).toHaveLength(1);
    const other = await world.startTask({ name: "other" });
    const members = world.checkIn(3, "member");
    members[0]!.begin(updateOf(3));
    // Both turns are still taken, because the reports in their buffers are being read.
    expect(members[0]!.hasTurn).toBe(false);
    adders[0]!.addOldest();
    adders[0]!.addOldest();
    await until("a turn is free", () => members[0]!.hasTurn);
    members[0]!.upload();
    members[1]!.report(updateOf(3));
    members[2]!.begin(updateOf(3));
    expect(members[2]!.hasTurn).toBe(false);
    adders.at(-1)!.addOldest();
    await until("the last one has a turn", () => members[2]!.hasTurn);
    members[2]!.upload();
    adders.at(-1)!.addOldest();
    adders.at(-1)!.addOldest();
    await until("the other task's round has ended", () => members[0]!.outcomes.length === 1);
    const [round] = await world.rounds(other);
    expect(round).toMatchObject({ outcome: "committed", reported: 3 });
    expect(await world.weights(other)).toEqual(Array.from(INITIAL, (value) => value + 3));
  });
});
