// What an app is told while plan, model and report travel.
import { PROTOCOL_CONSTANTS, type RoundId } from "@tributary/protocol";
import { ManualClock } from "@tributary/protocol/testing";
import { describe, expect, it } from "vitest";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { TransferProgress, type Transferred } from "../src/participation/transfer-progress.ts";
import { widePlan, type ServedModel } from "./support/linear-task.ts";
import { stage, type Reader, type Stage } from "./support/participant.ts";
import {
  deliveryOf,
  type ServerConnection,
  type WelcomeOptions,
} from "./support/scripted-server.ts";

const { sealedChunkBytes, reportChunkBytes } = PROTOCOL_CONSTANTS;
/** Parameters of a model of eight chunks. */
const SIZE = 8 * 16_384;

interface Scene extends Stage {
  readonly reader: Reader;
  readonly connection: ServerConnection;
  readonly wide: ServedModel;
}

async function checkedIn(welcome?: WelcomeOptions): Promise<Scene> {
  const set = stage();
  const wide = set.serve(widePlan(SIZE), new Float32Array(SIZE).fill(0.5));
  const reader = set.participate();
  const accepted = reader.until("checked-in");
  const connection = await set.server.accept(welcome);
  await connection.checkIn();
  await accepted;
  return { ...set, reader, connection, wide };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a download", () => {
  it("is told of in bytes, with the time that is left", async () => {
    const { clock, connection, reader, wide } = await checkedIn();
    const { frames } = deliveryOf(wide);
    connection.configure(wide, { frames: () => [] });
    await reader.until("selected");
    for (const frame of frames) {
      clock.advance(500);
      connection.sendRaw(frame);
      await turn();
    }
    await reader.until("downloaded");
    const told = reader.events.filter((event) => event.type === "downloading");
    const totalBytes = wide.planBytes.length + wide.checkpointBytes.length;
    // A reader who is as fast as the events hears of every chunk; this one reads at the end.
    expect(told.at(-1)).toMatchObject({ bytes: totalBytes, totalBytes, secondsLeft: 0 });
    await connection.expect("configured");
    await reader.leave();
  });

  it("that is too short to look at is not told of, nor one of what is held", async () => {
    const { connection, reader, wide } = await checkedIn();
    connection.configure(wide);
    await reader.until("downloaded");
    expect(reader.types).not.toContain("downloading");
    await reader.leave();
  });
});

describe("an upload", () => {
  it("is told of by what the server says has come, and not by what the network has taken", async () => {
    const { clock, connection, reader, wide } = await checkedIn({ answersProbes: true });
    const { roundId } = connection.configure(wide);
    await connection.expect("configured");
    const { updateBytes: totalBytes } = await connection.expect("reportBegin");
    connection.send({ type: "reportGrant", roundId });
    const probed: number[] = [];
    for (let received = 0; received < totalBytes;) {
      const message = await connection.receive();
      if (message.type === "reportChunk") received += message.data.length;
      if (message.type !== "probe") continue;
      expect(message.sentBytes).toBe(received);
      probed.push(received);
      clock.advance(2_000);
      connection.send({ type: "probeAnswer", sentBytes: message.sentBytes });
      expect(await reader.until("uploading")).toMatchObject({ bytes: received, totalBytes });
    }
    expect(probed).toEqual([4 * reportChunkBytes, 8 * reportChunkBytes]);
    connection.accept(roundId);
    await reader.until("reported");
    await reader.leave();
  });

  it("is told of by what the network has taken where the server is of an older version", async () => {
    const { clock, connection, reader, wide } = await checkedIn();
    const { roundId } = connection.configure(wide);
    await connection.expect("configured");
    const { updateBytes } = await connection.expect("reportBegin");
    connection.send({ type: "reportGrant", roundId });
    for (let received = 0; received < updateBytes;) {
      const { data } = await connection.expect("reportChunk");
      received += data.length;
      clock.advance(1_000);
    }
    connection.accept(roundId);
    await reader.until("reported");
    expect(reader.types).toContain("uploading");
    await reader.leave();
  });

  it("is not believed to have come further than it was sent", async () => {
    const { clock, connection, reader, wide } = await checkedIn({ answersProbes: true });
    const { roundId } = connection.configure(wide);
    await connection.expect("configured");
    const { updateBytes } = await connection.expect("reportBegin");
    connection.send({ type: "reportGrant", roundId });
    clock.advance(1_000);
    connection.send({ type: "probeAnswer", sentBytes: 2 * updateBytes });
    for (let received = 0; received < updateBytes;) {
      const message = await connection.receive();
      if (message.type === "reportChunk") received += message.data.length;
    }
    connection.accept(roundId);
    await reader.until("reported");
    expect(reader.types).not.toContain("uploading");
    await reader.leave();
  });

  it("that goes on over another connection says what its whole payload hashes to", async () => {
    const set = await checkedIn();
    const { clock, connection, reader, server, wide } = set;
    const resumeSecret = new Uint8Array(32).fill(5);
    const { roundId } = connection.configure(wide, { resumeSecret });
    await connection.expect("configured");
    const { updateBytes } = await connection.expect("reportBegin");
    connection.send({ type: "reportGrant", roundId });
    const first = await connection.expect("reportChunk");
    connection.socket.cut();
    const { retryInMs } = await reader.until("disconnected");
    await clock.untilPending(retryInMs);
    clock.advance(retryInMs);
    const next = await server.accept();
    const bytesLeft = updateBytes - first.data.length;
    const { payloadSha256 } = await next.resumeMember("uploading", bytesLeft);
    const rest = await next.takeChunks(bytesLeft);
    const payload = new Uint8Array(updateBytes);
    payload.set(first.data);
    payload.set(rest, first.data.length);
    expect(payloadSha256).toEqual(createNodeCryptoProvider().sha256(payload));
    next.accept(roundId);
    expect(await reader.until("resumed")).toMatchObject({ stage: "uploading", bytesLeft });
    await reader.until("reported");
    await reader.leave();
  });
});

describe("what a client is told besides", () => {
  it("is how many wait, and what the last evaluation came to", async () => {
    const set = stage();
    const reader = set.participate();
    const accepted = reader.until("checked-in");
    const connection = await set.server.accept();
    await connection.expect("checkIn");
    connection.send({ type: "checkInAccepted", waiting: 7 });
    expect(await accepted).toMatchObject({ waiting: 7 });
    const { roundId } = connection.configure(set.model);
    const metrics = [
      { name: "accuracy", value: 0.75 },
      { name: "loss", value: 0.5 },
    ];
    connection.send(outcome(roundId, { roundNumber: 3, metrics }));
    const { score } = await reader.until("round-finished");
    expect(score).toEqual({ roundNumber: 3, metrics: { accuracy: 0.75, loss: 0.5 } });
    await reader.leave();
  });
});

const outcome = (
  roundId: RoundId,
  score: { roundNumber: number; metrics: { name: string; value: number }[] },
): Parameters<ServerConnection["send"]>[0] => ({
  type: "roundOutcome",
  roundId,
  outcome: { abandoned: "cancelled" },
  nextCheckInMs: 1_000,
  taskFinished: false,
  score,
});

describe("the estimate of the time that is left", () => {
  it("is steady when the rate is, and changes little with a short stall", () => {
    const clock = new ManualClock();
    const told: Transferred[] = [];
    const totalBytes = 100 * sealedChunkBytes;
    const progress = new TransferProgress(clock, { bytes: 0, totalBytes }, (one) => told.push(one));
    for (let chunk = 1; chunk <= 50; chunk++) {
      clock.advance(200);
      progress.came(chunk * sealedChunkBytes);
    }
    // Five chunks a second.
    expect(told[0]!.secondsLeft).toBeCloseTo(99 / 5);
    expect(told[49]!.secondsLeft).toBeCloseTo(50 / 5);
    clock.advance(1_000);
    progress.came(51 * sealedChunkBytes);
    expect(told.at(-1)!.secondsLeft).toBeLessThan(1.25 * (49 / 5));
    expect(told.at(-1)!.secondsLeft).toBeGreaterThan(49 / 5);
  });

  it("is told ten times a second at most, and never backwards", () => {
    const clock = new ManualClock();
    const told: Transferred[] = [];
    const progress = new TransferProgress(clock, { bytes: 500, totalBytes: 1_000 }, (one) =>
      told.push(one),
    );
    for (let bytes = 500; bytes < 1_000; bytes++) {
      clock.advance(1);
      progress.came(bytes);
      progress.came(bytes - 100);
    }
    expect(told.length).toBe(5);
    expect(told.map(({ bytes }) => bytes)).toEqual([599, 699, 799, 899, 999]);
  });
});
