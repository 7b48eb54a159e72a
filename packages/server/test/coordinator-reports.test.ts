import type { ErrorCode, MetricValue, RoundId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import {
  DIMENSION,
  codeOf,
  makeWorld,
  quiet,
  until,
  type MemoryParticipant,
  type ReportChanges,
} from "./coordinator-world.ts";

const metrics = (...values: readonly (readonly [string, number])[]): MetricValue[] =>
  values.map(([name, value]) => ({ name, value }));

const withValue = (value: number): Float32Array => {
  const update = new Float32Array(DIMENSION).fill(1);
  update[DIMENSION - 1] = value;
  return update;
};

/**
 * Reports that a hostile or broken client may send, each with the code of its refusal. These are
 * refused before they get an upload turn.
 */
const REFUSED: readonly (readonly [what: string, changes: ReportChanges, code: ErrorCode])[] = [
  ["another round's id", { header: { roundId: "rnd_0" as RoundId } }, "ROUND_MISMATCH"],
  ["a wrong nonce", { header: { reportNonce: new Uint8Array(16) } }, "REPORT_NONCE_INVALID"],
  ["a short nonce", { header: { reportNonce: new Uint8Array(0) } }, "REPORT_NONCE_INVALID"],
  ["another codec", { header: { codec: "uniform" } }, "UPDATE_MALFORMED"],
  ["no codec", { header: { codec: "" } }, "UPDATE_MALFORMED"],
  ["too few values", { update: new Float32Array(DIMENSION - 1) }, "UPDATE_SHAPE"],
  ["too many values", { update: new Float32Array(DIMENSION + 1) }, "UPDATE_SHAPE"],
  ["no values", { update: new Float32Array(0) }, "UPDATE_SHAPE"],
  ["a huge length", { header: { updateBytes: 2 ** 32 - 1 } }, "UPDATE_SHAPE"],
  ["no examples", { header: { exampleCount: 0 } }, "EXAMPLE_COUNT_INVALID"],
  ["too many examples", { header: { exampleCount: 2 ** 20 + 1 } }, "EXAMPLE_COUNT_INVALID"],
  ["a negative count", { header: { exampleCount: -5 } }, "EXAMPLE_COUNT_INVALID"],
  ["half an example", { header: { exampleCount: 1.5 } }, "EXAMPLE_COUNT_INVALID"],
  ["no number of examples", { header: { exampleCount: NaN } }, "EXAMPLE_COUNT_INVALID"],
  ["no metrics", { header: { metrics: [] } }, "METRICS_INVALID"],
  ["a missing metric", { header: { metrics: metrics(["loss", 1]) } }, "METRICS_INVALID"],
  [
    "a metric twice instead of another",
    { header: { metrics: metrics(["loss", 1], ["loss", 1]) } },
    "METRICS_INVALID",
  ],
  [
    "a metric too many",
    { header: { metrics: metrics(["loss", 1], ["accuracy", 1], ["f1", 1]) } },
    "METRICS_INVALID",
  ],
  [
    "a metric that is not finite",
    { header: { metrics: metrics(["loss", Infinity], ["accuracy", 1]) } },
    "METRICS_INVALID",
  ],
];

/** Reports that are refused once their last byte has arrived. */
const REFUSED_AFTER_UPLOAD: typeof REFUSED = [
  ["NaN", { update: withValue(NaN) }, "UPDATE_NOT_FINITE"],
  ["infinity", { update: withValue(-Infinity) }, "UPDATE_NOT_FINITE"],
  ["a huge value", { update: withValue(3e38) }, "UPDATE_OUT_OF_RANGE"],
  ["a value just above the largest", { update: withValue(2 ** 20 + 1) }, "UPDATE_OUT_OF_RANGE"],
];

describe("a round with hostile reports", () => {
  it("refuses each with its code, and makes the same model as from the honest reports alone", async () => {
    const hostile = [...REFUSED, ...REFUSED_AFTER_UPLOAD];
    const good: ReportChanges[] = [1, 2, 3, 4].map((seed) => ({
      update: Float32Array.from({ length: DIMENSION }, (_, i) => Math.sin(seed * 10 + i)),
      header: { exampleCount: seed * 11 },
    }));
    const round = { goalCount: 4, minimumFraction: 1, overselection: 10 };
    const total = good.length + hostile.length;

    const alone = makeWorld();
    const quietTask = await alone.startTask({ round: { ...round, overselection: 1 } });
    alone.checkIn(4).forEach((client, index) => client.report(good[index]));
    await until("the quiet round is committed", () => alone.events.at(-1)?.type === "round-opened");

    const world = makeWorld({ seed: 2 });
    const task = await world.startTask({ round });
    const clients = world.checkIn(total);
    world.clock.advance(1_000);
    const honest = clients.splice(0, good.length);
    honest[0]!.report(good[0]);
    for (const [index, [what, changes, code]] of hostile.entries()) {
      const client = clients[index]!;
      const early = index < REFUSED.length;
      expect([what, client.attempt(changes)]).toEqual([what, code]);
      expect(client.count("granted")).toBe(early ? 0 : 1);
      // The client is no member any more. Neither another report nor the rest of an upload counts.
      expect(client.attempt(good[0])).toBe("UNEXPECTED_MESSAGE");
      expect(codeOf(() => client.chunk(new Uint8Array(20)))).toBe("UNEXPECTED_MESSAGE");
      client.withdraw();
      client.disconnect();
      // Some honest reports come in between.
      if (index === 5) honest[1]!.report(good[1]);
      if (index === hostile.length - 3) honest[2]!.report(good[2]);
    }
    honest[3]!.report(good[3]);
    await until("the round is committed", () => honest[0]!.outcomes.length === 1);

    const [record] = await world.rounds(task);
    expect(record).toMatchObject({
      outcome: "committed",
      selected: total,
      reported: 4,
      rejected: hostile.length,
      droppedOut: 0,
      exampleCount: 110,
    });
    expect(record!.checkpoint).toBe((await alone.rounds(quietTask))[0]!.checkpoint);
    for (const client of clients) expect(client.outcomes).toEqual([]);
  });

  it("refuses a report of more examples than the client offered at check-in", async () => {
    const world = makeWorld();
    const task = await world.startTask({ round: { goalCount: 1 } });
    const [liar, honest] = [world.client("liar"), world.client("honest")];
    liar.checkIn({ exampleCount: 10 });
    expect(liar.attempt({ header: { exampleCount: 11 } })).toBe("EXAMPLE_COUNT_INVALID");
    expect(liar.count("granted")).toBe(0);
    await quiet();
    honest.checkIn({ exampleCount: 10 });
    honest.report({ header: { exampleCount: 10 } });
    await until("the round is committed", () => honest.outcomes.length === 1);
    expect(await world.rounds(task)).toContainEqual(
      expect.objectContaining({ outcome: "committed", reported: 1, exampleCount: 10 }),
    );
  });

  it("refuses a second report and counts the first one once", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const [a, b, c] = world.checkIn(3);
    a!.report();
    expect(a!.attempt()).toBe("UNEXPECTED_MESSAGE");
    expect(codeOf(() => a!.chunk(new Uint8Array(20)))).toBe("UNEXPECTED_MESSAGE");
    b!.begin();
    expect(b!.attempt()).toBe("UNEXPECTED_MESSAGE");
    b!.upload();
    c!.report();
    await until("the round is committed", () => a!.outcomes.length === 1);
    expect((await world.rounds(task))[0]).toMatchObject({ reported: 3, exampleCount: 30 });
  });

  it("accepts a nonce from its own session only", async () => {
    const world = makeWorld();
    await world.startTask();
    const [a, b] = world.checkIn(3);
    const { reportNonce } = a!.configuration!;
    expect(reportNonce).toHaveLength(16);
    expect(b!.attempt({ header: { reportNonce } })).toBe("REPORT_NONCE_INVALID");
    a!.report();
    expect(a!.refusals).toEqual([]);
  });

  it("refuses pieces that are empty, come before their turn, or go past the end", async () => {
    const world = makeWorld({ limits: { maxConcurrentReports: 2 } });
    await world.startTask({ round: { goalCount: 4, minimumFraction: 0.25 } });
    const [a, b, c, d] = world.checkIn(4);
    a!.begin();
    expect(codeOf(() => a!.chunk(new Uint8Array(0)))).toBe("UNEXPECTED_MESSAGE");
    b!.begin();
    b!.chunk(new Uint8Array(19));
    expect(codeOf(() => b!.chunk(new Uint8Array(2)))).toBe("UNEXPECTED_MESSAGE");
    c!.begin();
    expect(c!.hasTurn).toBe(false);
    expect(codeOf(() => c!.chunk(new Uint8Array(4)))).toBe("UNEXPECTED_MESSAGE");
    expect(codeOf(() => d!.chunk(new Uint8Array(4)))).toBe("UNEXPECTED_MESSAGE");
    // The session closes after such an error, and what was sent so far does not count.
    for (const client of [a, b, c]) client!.disconnect();
    d!.report();
    await until("the round is committed", () => d!.outcomes.length === 1);
  });

  it("copies each piece before it returns", async () => {
    const world = makeWorld();
    const task = await world.startTask();
    const clients = world.checkIn(3);
    for (const client of clients) {
      client.begin();
      const piece = new Uint8Array(4);
      for (let i = 0; i < DIMENSION; i++) {
        new DataView(piece.buffer).setFloat32(0, i, true);
        client.chunk(piece);
        piece.fill(0xff); // the receive buffer is used again
      }
    }
    await until("the round is committed", () => clients[0]!.outcomes.length === 1);
    expect(await world.weights(task)).toEqual([0.5, 0, 4, 3, 4.25]);
  });
});

describe("upload turns", () => {
  const inTurn = (clients: readonly MemoryParticipant[]) =>
    clients.filter(({ hasTurn }) => hasTurn);

  it("are two at a time when the limit is two, and come to all ten", async () => {
    const world = makeWorld({ limits: { maxConcurrentReports: 2 } });
    const task = await world.startTask({ round: { goalCount: 10, minimumFraction: 1 } });
    const clients = world.checkIn(10);
    for (const client of clients) {
      client.begin();
      expect(inTurn(clients).length).toBeLessThanOrEqual(2);
    }
    const served: string[] = [];
    while (served.length < 10) {
      const [next] = inTurn(clients);
      expect(inTurn(clients).length).toBe(Math.min(2, 10 - served.length));
      next!.upload();
      served.push(next!.name);
    }
    // The turns are given in the order in which the clients asked.
    expect(served).toEqual(clients.map(({ name }) => name));
    await until("the round is committed", () => clients[0]!.outcomes.length === 1);
    expect((await world.rounds(task))[0]).toMatchObject({ reported: 10, rejected: 0 });
    for (const client of clients) expect(client.count("granted")).toBe(1);
  });

  it("are taken back from a client that is too slow, and go to the next one", async () => {
    const world = makeWorld({ limits: { maxConcurrentReports: 1 } });
    const task = await world.startTask(); // goal 3, minimum 2
    const [slow, b, c] = world.checkIn(3);
    for (const client of [slow, b, c]) client!.begin();
    slow!.chunk(new Uint8Array(8));
    world.clock.advance(3_000);
    expect(b!.hasTurn).toBe(false);
    world.clock.advance(1); // the time that the eight bytes have earned
    expect(slow!.refusals).toEqual(["TIMED_OUT"]);
    expect(codeOf(() => slow!.chunk(new Uint8Array(12)))).toBe("UNEXPECTED_MESSAGE");
    expect(b!.hasTurn).toBe(true);
    // The time runs from the start of a turn. c has waited for 3 s and still has all its time.
    b!.upload();
    world.clock.advance(2_999);
    expect(c!.refusals).toEqual([]);
    c!.upload();
    await until("the round is committed", () => c!.outcomes.length === 1);
    expect((await world.rounds(task))[0]).toMatchObject({ reported: 2, rejected: 1 });
    expect(slow!.outcomes).toEqual([]);
  });

  it("go to the next client when one that has a turn, or waits for one, leaves or withdraws", async () => {
    const world = makeWorld({ limits: { maxConcurrentReports: 1 } });
    await world.startTask({ round: { goalCount: 5, minimumFraction: 0.2 } });
    const [a, b, c, d] = world.checkIn(5);
    for (const client of [a, b, c, d]) client!.begin();
    b!.disconnect();
    a!.withdraw();
    expect(b!.count("granted")).toBe(0);
    expect(c!.hasTurn).toBe(true);
    c!.disconnect();
    expect(d!.hasTurn).toBe(true);
    d!.upload();
  });

  it("go to the next client when a report is refused", async () => {
    const world = makeWorld({ limits: { maxConcurrentReports: 1 } });
    await world.startTask();
    const [a, b] = world.checkIn(3);
    a!.begin({ update: withValue(NaN) });
    b!.begin();
    a!.upload();
    expect(a!.refusals).toEqual(["UPDATE_NOT_FINITE"]);
    expect(b!.hasTurn).toBe(true);
  });

  it("are not given to members of a closed round, and are free for the next round", async () => {
    const world = makeWorld({ limits: { maxConcurrentReports: 2 } });
    await world.startTask({ round: { goalCount: 2, overselection: 3 } });
    const clients = world.checkIn(6);
    for (const client of clients) client.begin();
    const [a, b, third, ...queued] = clients;
    a!.upload(); // its turn passes to the third, who has not finished when the round closes
    b!.upload();
    await until("the round is committed", () => a!.outcomes.length === 1);
    expect(third!.count("granted")).toBe(1);
    for (const client of queued) {
      expect(client.told.map(({ type }) => type)).toEqual(["configured", "ended"]);
    }
    for (const client of clients) client.checkIn();
    a!.begin();
    b!.begin();
    expect([a!.hasTurn, b!.hasTurn]).toEqual([true, true]);
    a!.upload();
    b!.upload();
    await until("round 2 is committed", () => a!.outcomes.length === 2);
    await quiet();
  });

  it("are shared by all tasks of a server", async () => {
    const world = makeWorld({ limits: { maxConcurrentReports: 2 } });
    await world.startTask({ name: "one", population: "left" });
    await world.startTask({ name: "two", population: "right" });
    const left = world.checkIn(3, "left", "left");
    const right = world.checkIn(3, "right", "right");
    for (const client of [...left, ...right]) client.begin();
    expect(inTurn([...left, ...right]).length).toBe(2);
    for (let i = 0; i < 6; i++) inTurn([...left, ...right])[0]!.upload();
    await until("both are committed", () =>
      [...left, ...right].every(({ outcomes }) => outcomes.length === 1),
    );
  });
});
