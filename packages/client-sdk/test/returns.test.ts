import { concatBytes, decodeCheckpoint, layoutOf, type RoundId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { widePlan, type ServedModel } from "./support/linear-task.ts";
import { begin, stage, type Reader, type Stage } from "./support/participant.ts";
import type { ServerConnection } from "./support/scripted-server.ts";

const SECRET = new Uint8Array(32).fill(5);
/** Parameters of a model whose update has four chunks. */
const SIZE = 60_000;

interface Scene extends Stage {
  readonly reader: Reader;
  readonly connection: ServerConnection;
  readonly roundId: RoundId;
  readonly served: ServedModel;
  /** Lets the trainer go on, which waits at its first batch. */
  readonly train: () => void;
  /** Whether the trainer was told to stop. */
  readonly isStopped: () => boolean;
}

/** A client that trains in a round to which it may come back. */
async function training(size?: number): Promise<Scene> {
  const set = stage();
  const served =
    size === undefined ? set.model : set.serve(widePlan(size), new Float32Array(size).fill(0.5));
  let train = (): void => {};
  const go = new Promise<void>((resolve) => (train = resolve));
  let stop: AbortSignal | undefined;
  const begun = new Promise<void>((resolve) => {
    set.trainer.gate = (_, signal) => {
      stop = signal;
      resolve();
      return go;
    };
  });
  const { reader, connection } = await begin(set);
  await connection.checkIn();
  const { roundId } = connection.configure(served, { resumeSecret: SECRET });
  await connection.expect("configured");
  await begun;
  const isStopped = (): boolean => stop?.aborted === true;
  return { ...set, reader, connection, roundId, served, train, isStopped };
}

/** Cuts the connection. @returns The client's next one. */
async function cut(
  scene: Pick<Scene, "reader" | "clock" | "server">,
  connection: ServerConnection,
): Promise<ServerConnection> {
  const { reader, clock, server } = scene;
  connection.socket.cut();
  const { retryInMs } = await reader.until("disconnected");
  await clock.untilPending(retryInMs);
  clock.advance(retryInMs);
  return server.accept();
}

describe("a client whose connection breaks in a round", () => {
  it("goes on training, comes back to its seat and reports once", async () => {
    const scene = await training();
    const { reader, connection, roundId, served, train, client } = scene;
    const next = await cut(scene, connection);
    train();
    const claim = await next.resumeMember("training");
    expect(claim).toEqual({
      type: "resume",
      population: "test",
      roundId,
      sessionId: "ses_00000000000000aa",
      resumeSecret: SECRET,
      heldArtifacts: [served.planId, served.checkpointId],
    });
    const { begin: announced } = await next.takeReport(roundId);
    expect(announced.reportNonce).toEqual(new Uint8Array(16).fill(1));
    next.accept(roundId);
    next.commit(roundId, served);
    const finished = await reader.until("round-finished");
    expect(finished.counted).toBe(true);
    for (const type of ["selected", "downloaded", "trained", "reported", "resumed"] as const) {
      expect([type, reader.types.filter((each) => each === type).length]).toEqual([type, 1]);
    }
    await next.expect("checkIn");
    expect(client.heldCheckpoint()?.id).toBe(served.checkpointId);
    await reader.leave();
  });

  it("uses the newest secret when it comes back a second time", async () => {
    const scene = await training();
    const { reader, roundId, train } = scene;
    const second = await cut(scene, scene.connection);
    const newer = new Uint8Array(32).fill(6);
    await second.resumeMember("training", 0, newer);
    await reader.until("resumed");
    const third = await cut(scene, second);
    expect((await third.resumeMember("training")).resumeSecret).toEqual(newer);
    train();
    await third.takeReport(roundId);
    await reader.leave();
  });

  it("sends what is left of a report that was half sent", async () => {
    const scene = await training(SIZE);
    const { reader, connection, roundId, served, train } = scene;
    train();
    const { updateBytes } = await connection.expect("reportBegin");
    connection.send({ type: "reportGrant", roundId });
    const { data } = await connection.expect("reportChunk");
    const next = await cut(scene, connection);
    await next.resumeMember("uploading", updateBytes - data.length);
    const rest = await next.takeChunks(updateBytes - data.length);
    const payload = concatBytes(data, rest);
    expect(payload.length).toBe(4 * SIZE);
    decodeCheckpoint(payload, layoutOf(served.plan.model.parameters));
    next.accept(roundId);
    const { bytesUp } = await reader.until("reported");
    expect(bytesUp).toBeGreaterThan(updateBytes);
    await reader.leave();
  });

  it("sends its report again when the server has none of it any more", async () => {
    const scene = await training(SIZE);
    const { reader, connection, roundId, train } = scene;
    train();
    await connection.expect("reportBegin");
    connection.send({ type: "reportGrant", roundId });
    await connection.expect("reportChunk");
    const next = await cut(scene, connection);
    await next.resumeMember("training");
    expect((await next.takeReport(roundId)).payload.length).toBe(4 * SIZE);
    next.accept(roundId);
    await reader.until("reported");
    await reader.leave();
  });

  it("waits for the answer when the server has all of its report, or has added it", async () => {
    for (const place of ["uploading", "reported"] as const) {
      const scene = await training();
      const { reader, connection, roundId, served, train } = scene;
      train();
      await connection.takeReport(roundId);
      const next = await cut(scene, connection);
      await next.resumeMember(place);
      if (place === "uploading") next.accept(roundId);
      next.commit(roundId, served);
      expect((await reader.until("round-finished")).counted).toBe(true);
      expect(reader.types.filter((type) => type === "reported").length).toBe(1);
      await reader.leave();
    }
  });

  it("goes on with its download", async () => {
    const set = stage();
    const size = 3.5 * 16_384;
    const wide = set.serve(widePlan(size), new Float32Array(size).fill(0.5));
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const options = { resumeSecret: SECRET } as const;
    const { roundId } = connection.configure(wide, {
      ...options,
      frames: (all) => all.slice(0, 3),
    });
    await reader.until("selected");
    const next = await cut({ ...set, reader }, connection);
    const { heldArtifacts: held, partial } = await next.expect("resume");
    expect(partial).toEqual({ id: wide.checkpointId, chunks: 2 });
    next.configure(wide, { ...options, held, partial });
    expect(await reader.until("downloaded")).toMatchObject({ keptBytes: 2 * 65_536 });
    await next.takeReportAfterConfigured(roundId);
    await reader.leave();
  });

  it("stops its work and checks in again when the server keeps its seat no longer", async () => {
    const scene = await training();
    const { reader, connection, clock, isStopped } = scene;
    const next = await cut(scene, connection);
    await next.expect("resume");
    const message = "The round no longer takes reports";
    next.send({ type: "failure", code: "ROUND_CLOSED", message, retryAfterMs: 700 });
    expect(await reader.until("withdrawn")).toMatchObject({
      error: { code: "ROUND_CLOSED" },
      retryInMs: 700,
    });
    await clock.untilPending(700);
    clock.advance(700);
    await next.checkIn();
    expect(isStopped()).toBe(true);
    await reader.leave();
  });

  it("asks for no seat after the round's time is over", async () => {
    const scene = await training();
    const { reader, connection, clock, server } = scene;
    connection.socket.cut();
    const { retryInMs } = await reader.until("disconnected");
    await clock.untilPending(retryInMs);
    clock.advance(60_000);
    const next = await server.accept();
    await next.expect("checkIn");
    await reader.leave();
  });

  it("hears of the round's end while it comes back", async () => {
    const scene = await training();
    const { reader, connection, roundId } = scene;
    const next = await cut(scene, connection);
    await next.expect("resume");
    next.abandon(roundId, "too-few-left");
    expect((await reader.until("round-finished")).counted).toBe(false);
    await next.expect("checkIn");
    await reader.leave();
  });

  it("leaves when the app stops it while it has no connection", async () => {
    const scene = await training();
    const { reader, connection, isStopped, clock } = scene;
    connection.socket.cut();
    const { retryInMs } = await reader.until("disconnected");
    await clock.untilPending(retryInMs);
    await reader.leave();
    expect(isStopped()).toBe(true);
    expect(clock.pendingDelaysMs).toEqual([]);
  });
});
