import type { RoundId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { widePlan } from "./support/linear-task.ts";
import { begin, stage, type Reader, type Stage } from "./support/participant.ts";
import type { ServerConnection } from "./support/scripted-server.ts";

interface Scene extends Stage {
  readonly reader: Reader;
  readonly connection: ServerConnection;
  readonly abort: () => void;
  roundId: RoundId;
}

/** A gate that no batch passes. It ends when the trainer is stopped. */
const held = (_: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((_, reject) => {
    const stop = (): void => reject(new Error("stopped"));
    if (signal?.aborted === true) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });

/** For each state of docs/protocol.md, how to get there from connecting. */
const WAYS: readonly [string, (scene: Scene) => Promise<void>][] = [
  ["handshaking", () => Promise.resolve()],
  [
    "greeting",
    async ({ connection }) => {
      await connection.shakeHands();
      await connection.expect("hello");
    },
  ],
  ["waiting for an answer", (scene) => reach(scene, "checkIn")],
  ["waiting for a round", (scene) => reach(scene, "pool")],
  ["configuring", (scene) => reach(scene, "half configured")],
  ["training", (scene) => reach(scene, "training")],
  ["asking to report", (scene) => reach(scene, "reportBegin")],
  ["reporting", (scene) => reach(scene, "reportGrant")],
  ["reported", (scene) => reach(scene, "reported")],
  ["resting between two rounds", (scene) => reach(scene, "resting")],
];

/** Plays both sides up to a place in a round. */
async function reach(scene: Scene, where: string): Promise<void> {
  const { connection, model, trainer, clock } = scene;
  await connection.greet();
  if (where === "checkIn") {
    await connection.expect("checkIn");
    return;
  }
  await connection.checkIn();
  if (where === "pool") return;
  if (where === "training") trainer.gate = held;
  const half = where === "half configured";
  const { roundId } = connection.configure(model, {
    frames: (all) => (half ? all.slice(0, 1) : all),
  });
  scene.roundId = roundId;
  if (half) return;
  await connection.expect("configured");
  if (where === "training") return;
  const { updateBytes } = await connection.expect("reportBegin");
  if (where === "reportBegin") return;
  connection.send({ type: "reportGrant", roundId });
  await connection.takeChunks(updateBytes);
  if (where === "reportGrant") return;
  connection.accept(roundId);
  if (where === "reported") return;
  connection.abandon(roundId, "too-few-reports", 4_000);
  await clock.untilPending(4_000);
}

async function arrive(way: (scene: Scene) => Promise<void>): Promise<Scene> {
  const set = stage();
  const controller = new AbortController();
  const reader = set.participate({ signal: controller.signal });
  await reader.until("connecting");
  const connection = await set.server.arrival();
  const abort = (): void => controller.abort();
  const scene: Scene = { ...set, reader, connection, abort, roundId: "" as RoundId };
  await way(scene);
  return scene;
}

describe.each(WAYS)("while %s", (_, way) => {
  it("connects again after a random wait when the connection is lost", async () => {
    const scene = await arrive(way);
    const { reader, connection, clock, server, trainer } = scene;
    connection.socket.cut();
    const { error, retryInMs } = await reader.until("disconnected");
    expect(error).toMatchObject({ code: "CONNECTION_LOST", retryable: true });
    expect(retryInMs).toBeLessThanOrEqual(4_000);
    await clock.untilPending(retryInMs);
    expect(clock.pendingDelaysMs).toEqual([retryInMs]);
    clock.advance(retryInMs);
    trainer.gate = () => Promise.resolve();
    const again = await server.accept();
    const { heldArtifacts } = await again.checkIn();
    const { roundId } = again.configure(scene.model, { roundNumber: 2, held: heldArtifacts });
    await again.takeReportAfterConfigured(roundId);
    again.accept(roundId);
    expect(await reader.until("reported")).toMatchObject({ roundId });
    await reader.leave();
  });

  it("stops without an error when the app's signal is aborted", async () => {
    const { reader, connection, clock, abort } = await arrive(way);
    abort();
    await reader.end();
    expect((await connection.closed).code).toBe(1000);
    expect(reader.types).not.toContain("withdrawn");
    expect(clock.pendingDelaysMs).toEqual([]);
  });

  it("stops when the app leaves the loop", async () => {
    const { reader, connection, clock } = await arrive(way);
    await reader.leave();
    expect((await connection.closed).code).toBe(1000);
    expect(clock.pendingDelaysMs).toEqual([]);
  });

  it("stops when the app closes the client", async () => {
    const { client, reader, connection, clock } = await arrive(way);
    await Promise.all([client.close(), client.close()]);
    expect((await connection.closed).code).toBe(1000);
    expect(clock.pendingDelaysMs).toEqual([]);
    await reader.end();
    await expect(client.checkpoint()).rejects.toMatchObject({ code: "BAD_PARAMETER" });
  });
});

describe("leaving a round", () => {
  it.each(WAYS.filter(([name]) => /configuring|training|asking/.test(name)))(
    "withdraws while %s",
    async (_, way) => {
      const { reader, connection, roundId } = await arrive(way);
      const leaving = reader.leave();
      let message = await connection.receive();
      if (message.type === "reportBegin") message = await connection.receive();
      expect(message).toMatchObject({ type: "withdraw", roundId, code: "ABORTED" });
      await leaving;
    },
  );

  it("happens when the app breaks out of its loop", async () => {
    const set = stage();
    const serving = (async () => {
      const connection = await set.server.accept();
      await connection.checkIn();
      return connection;
    })();
    for await (const event of set.client.participate()) if (event.type === "checked-in") break;
    expect((await (await serving).closed).code).toBe(1000);
    expect(set.clock.pendingDelaysMs).toEqual([]);
  });
});

describe("a round's end", () => {
  it("stops training and goes on to the next check-in", async () => {
    const set = stage();
    set.trainer.gate = held;
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.expect("configured");
    const next = set.serve(set.model.plan, Float32Array.of(1, 1, 1));
    connection.commit(roundId, next);
    expect(await reader.until("round-finished")).toMatchObject({ counted: false });
    await connection.checkIn();
    expect(reader.types).not.toContain("withdrawn");
    await reader.leave();
  });

  it("waits for a trainer that is slow to stop before it checks in again", async () => {
    const set = stage();
    let release = (): void => {};
    set.trainer.gate = () => new Promise((resolve) => (release = resolve));
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.expect("configured");
    await reader.until("downloaded");
    connection.abandon(roundId);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reader.types).not.toContain("round-finished");
    release();
    await reader.until("round-finished");
    await connection.checkIn();
    await reader.leave();
  });

  it("stops a download, and chunks that still arrive are dropped", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    let rest: readonly Uint8Array[] = [];
    const { roundId } = connection.configure(set.model, {
      frames: (all) => {
        rest = all.slice(1);
        return all.slice(0, 1);
      },
    });
    connection.abandon(roundId);
    for (const frame of rest) connection.sendRaw(frame);
    await reader.until("round-finished");
    await connection.checkIn();
    await reader.leave();
  });

  it("may cross with the announcement of a report, whose late refusal is ignored", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.expect("configured");
    await connection.expect("reportBegin");
    connection.commit(roundId, set.model);
    await connection.expect("checkIn");
    const refused = { code: "ROUND_CLOSED", message: "", retryAfterMs: 0 } as const;
    connection.send({ type: "reportResult", roundId, refused });
    connection.send({ type: "checkInAccepted" });
    await reader.until("round-finished");
    await reader.until("checked-in");
    expect(reader.types).not.toContain("report-refused");
    await reader.leave();
  });

  it("may cross with a withdrawal, after which the outcome is ignored", async () => {
    const set = stage();
    set.trainer.spoil = (result) => ({ ...result, metrics: {} });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.expect("configured");
    await connection.expect("withdraw");
    connection.abandon(roundId);
    const { retryInMs } = await reader.until("withdrawn");
    await set.clock.untilPending(retryInMs);
    set.clock.advance(retryInMs);
    await connection.checkIn();
    await reader.until("checked-in");
    await reader.leave();
  });

  it("stops an upload that is under way", async () => {
    const size = 100_000;
    const set = stage({ limits: { maxBufferedSendBytes: 1 } });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.serve(widePlan(size), new Float32Array(size)));
    await connection.expect("configured");
    await connection.expect("reportBegin");
    connection.send({ type: "reportGrant", roundId });
    await connection.expect("reportChunk");
    connection.socket.pause();
    connection.commit(roundId, set.model);
    await reader.until("round-finished");
    connection.socket.resume();
    let message = await connection.receive();
    while (message.type === "reportChunk") message = await connection.receive();
    expect(message.type).toBe("checkIn");
    await reader.leave();
  });
});

describe("connecting", () => {
  it("is tried again and again, after longer and longer waits, while the server cannot be reached", async () => {
    const set = stage();
    set.server.refusing = true;
    const reader = set.participate();
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 12; attempt++) {
      expect((await reader.until("connecting")).attempt).toBe(attempt);
      const { error, retryInMs } = await reader.until("disconnected");
      expect(error.code).toBe("CONNECTION_FAILED");
      expect(retryInMs).toBeLessThanOrEqual(Math.min(60_000, 500 * 2 ** (attempt - 1)));
      waits.push(retryInMs);
      await set.clock.untilPending(retryInMs);
      set.clock.advance(retryInMs);
    }
    expect(Math.max(...waits)).toBeGreaterThan(8_000);
    expect(new Set(waits).size).toBeGreaterThan(8);
    await reader.leave();
  });

  it("starts again with short waits after a check-in", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    await reader.until("checked-in");
    connection.socket.cut();
    const { retryInMs } = await reader.until("disconnected");
    expect(retryInMs).toBeLessThanOrEqual(500);
    await set.clock.untilPending(retryInMs);
    set.clock.advance(retryInMs);
    expect((await reader.until("connecting")).attempt).toBe(1);
    await reader.leave();
  });

  it("is given up when the handshake takes too long, even if something arrives meanwhile", async () => {
    const set = stage();
    const reader = set.participate();
    await reader.until("connecting");
    const connection = await set.server.arrival();
    await connection.shakeHands();
    await set.clock.untilPending(10_000);
    set.clock.advance(10_000);
    expect((await reader.until("disconnected")).error.code).toBe("TIMED_OUT");
    expect((await connection.closed).code).toBe(4408);
    await reader.leave();
  });

  it("is tried only after the wait that the server asked for before the connection was lost", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.expect("checkIn");
    connection.send({
      type: "rejection",
      code: "NO_OPEN_ROUND",
      message: "",
      retryAfterMs: 60_000,
    });
    await reader.until("rejected");
    await set.clock.untilPending(60_000);
    set.clock.advance(10_000);
    connection.socket.cut();
    expect((await reader.until("disconnected")).retryInMs).toBe(50_000);
    await reader.leave();
  });

  it("is not started when the signal is already aborted", async () => {
    const set = stage();
    const reader = set.participate({ signal: AbortSignal.abort() });
    await reader.end();
    expect(reader.events).toEqual([]);
    expect(set.server.connections).toEqual([]);
  });
});

describe("a reader", () => {
  it("who stops reading makes the client pause before its next check-in", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    let checkIns = 0;
    const serving = (async () => {
      for (;;) {
        await connection.checkIn();
        checkIns += 1;
        connection.send({ type: "rejection", code: "NO_OPEN_ROUND", message: "", retryAfterMs: 1 });
        await set.clock.untilPending(1);
        set.clock.advance(1);
      }
    })();
    serving.catch(() => {});
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    const stoppedAt = checkIns;
    expect(stoppedAt).toBe(16);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(checkIns).toBe(stoppedAt);
    for (let read = 0; read < 3; read++) await reader.until("rejected");
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(checkIns).toBeGreaterThan(stoppedAt);
    await reader.leave();
    expect((await connection.closed).code).toBe(1000);
  });

  it("who is slow gets only the latest progress, and all other events", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.takeReportAfterConfigured(roundId);
    connection.accept(roundId);
    connection.abandon(roundId);
    await connection.expect("checkIn");
    await reader.until("round-finished");
    const progress = reader.events.filter((event) => event.type === "training");
    expect(progress).toHaveLength(1);
    expect(progress[0]).toMatchObject({ epoch: 3, epochs: 3, batch: 2, batches: 2 });
    await reader.leave();
  });

  it("who is fast gets the last batch of each epoch and a few batches in between", async () => {
    const set = stage();
    set.trainer.gate = () => new Promise((resolve) => setImmediate(resolve));
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model);
    await reader.until("trained");
    const seen = reader.events.flatMap((event) =>
      event.type === "training" ? [[event.epoch, event.batch]] : [],
    );
    // The clock stands still, so after the very first batch only the last batch of each epoch is
    // due.
    expect(seen).toEqual([
      [1, 1],
      [1, 2],
      [2, 2],
      [3, 2],
    ]);
    await reader.leave();
  });
});
