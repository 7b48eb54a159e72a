import type { PartialReference } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import type { ServedModel } from "./support/linear-task.ts";
import { widePlan } from "./support/linear-task.ts";
import { begin, stage, type Reader, type Stage } from "./support/participant.ts";
import { deliveryOf, type ServerConnection } from "./support/scripted-server.ts";

const CHUNK_BYTES = 65_536;
/** Parameters of a model that travels in four chunks. */
const SIZE = (3.5 * CHUNK_BYTES) / 4;

interface Scene extends Stage {
  readonly wide: ServedModel;
  readonly reader: Reader;
}

/** A client whose connection breaks when the plan and two chunks of the checkpoint have come. */
async function interrupted(): Promise<Scene> {
  const set = stage();
  const wide = set.serve(widePlan(SIZE), new Float32Array(SIZE).fill(0.5));
  const { reader, connection } = await begin(set);
  const { partial } = await connection.checkIn();
  expect(partial).toBeUndefined();
  connection.configure(wide, { frames: (all) => all.slice(0, 3) });
  await reader.until("selected");
  connection.socket.cut();
  return { ...set, wide, reader };
}

/** The client's next check-in, over a new connection. */
async function again({ reader, clock, server }: Scene): Promise<{
  readonly connection: ServerConnection;
  readonly checkIn: Awaited<ReturnType<ServerConnection["checkIn"]>>;
}> {
  const { retryInMs } = await reader.until("disconnected");
  await clock.untilPending(retryInMs);
  clock.advance(retryInMs);
  const connection = await server.accept();
  return { connection, checkIn: await connection.checkIn() };
}

const keptOf = ({ checkpointId }: ServedModel): PartialReference => ({
  id: checkpointId,
  chunks: 2,
});

describe("a delivery that was interrupted", () => {
  it("goes on from its last whole chunk over a new connection", async () => {
    const scene = await interrupted();
    const { wide, reader } = scene;
    const { connection, checkIn } = await again(scene);
    expect(checkIn.heldArtifacts).toEqual([wide.planId]);
    expect(checkIn.partial).toEqual(keptOf(wide));
    const { roundId } = connection.configure(wide, {
      held: checkIn.heldArtifacts,
      partial: checkIn.partial,
      delivery: { key: new Uint8Array(32).fill(4) },
    });
    expect(await reader.until("downloaded")).toMatchObject({
      bytes: 1.5 * CHUNK_BYTES,
      keptBytes: 2 * CHUNK_BYTES,
      cached: false,
    });
    await connection.takeReportAfterConfigured(roundId);
    await reader.leave();
  });

  it("begins again when the server knows nothing of partial deliveries, or has another model", async () => {
    const scene = await interrupted();
    const { wide, reader, serve } = scene;
    const { connection, checkIn } = await again(scene);
    connection.configure(wide, { held: checkIn.heldArtifacts });
    expect(await reader.until("downloaded")).toMatchObject({ keptBytes: 0 });
    await connection.expect("configured");
    const next = serve(widePlan(SIZE), new Float32Array(SIZE).fill(0.25));
    connection.abandon(`rnd_${"1".padStart(16, "0")}` as never);
    const { partial } = await connection.checkIn();
    expect(partial).toBeUndefined(); // what was kept is forgotten once a model has come
    connection.configure(next, { held: [wide.planId], roundNumber: 2 });
    expect(await reader.until("downloaded")).toMatchObject({ keptBytes: 0 });
    await reader.leave();
  });

  it("tells the app how far it had come", async () => {
    const { reader } = await interrupted();
    const { error } = await reader.until("disconnected");
    expect(error.code).toBe("CONNECTION_LOST");
    const [dueBytes, receivedBytes] = [error.context["dueBytes"], error.context["receivedBytes"]];
    expect(Number(dueBytes) - Number(receivedBytes)).toBe(1.5 * CHUNK_BYTES);
    expect(error.message).toContain(`after ${receivedBytes} of ${dueBytes} bytes of the model`);
    await reader.leave();
  });

  it("is not believed: chunks that are not the model's are dropped with it", async () => {
    const scene = await interrupted();
    const { wide, reader, serve, server } = scene;
    const { connection, checkIn } = await again(scene);
    // The server goes on with another model under the same name.
    const other = serve(widePlan(SIZE), new Float32Array(SIZE).fill(9));
    const { checkpointId } = wide;
    connection.configure(
      { ...other, checkpointId },
      checkIn.partial && {
        held: checkIn.heldArtifacts,
        partial: checkIn.partial,
      },
    );
    expect((await reader.until("withdrawn")).error.code).toBe("ARTIFACT_HASH_MISMATCH");
    expect(await connection.expect("withdraw")).toMatchObject({ code: "ARTIFACT_HASH_MISMATCH" });
    expect(scene.client.heldCheckpoint()).toBeUndefined();
    connection.socket.cut();
    const next = await again(scene);
    expect(next.checkIn.partial).toBeUndefined();
    next.connection.configure(wide, { held: next.checkIn.heldArtifacts });
    expect(await reader.until("downloaded")).toMatchObject({ keptBytes: 0 });
    expect(server.connections.length).toBe(3);
    await reader.leave();
  });

  it.each<[string, (kept: PartialReference) => PartialReference]>([
    ["more chunks", ({ id, chunks }) => ({ id, chunks: chunks + 1 })],
    ["chunks of another artifact", ({ chunks }) => ({ id: "a".repeat(64) as never, chunks })],
  ])("ends the session when the server leaves out %s than were kept", async (_, lie) => {
    const scene = await interrupted();
    const { connection } = await again(scene);
    const { wide, reader } = scene;
    connection.configure(wide, { held: [wide.planId], partial: lie(keptOf(wide)) });
    expect((await reader.until("disconnected")).error.code).toBe("UNEXPECTED_MESSAGE");
    await reader.leave();
  });

  it("goes on in a round, and in a request for the model", async () => {
    const scene = await interrupted();
    const { client, server, wide, reader } = scene;
    await reader.leave();
    const checkpoint = client.checkpoint();
    const connection = await server.accept();
    const request = await connection.expect("modelRequest");
    expect(request.partial).toEqual(keptOf(wide));
    const { delivery, frames } = deliveryOf(wide, {
      held: request.heldArtifacts,
      partial: request.partial,
    });
    expect(frames.length).toBe(2);
    connection.send({ type: "modelOffer", delivery, roundNumber: 0 });
    for (const frame of frames) connection.sendRaw(frame);
    expect((await checkpoint).id).toBe(wide.checkpointId);
  });

  it("goes on in the next round when its round ends before it", async () => {
    const set = stage();
    const wide = set.serve(widePlan(SIZE), new Float32Array(SIZE).fill(0.5));
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(wide, { frames: (all) => all.slice(0, 3) });
    await reader.until("selected");
    connection.abandon(roundId);
    await reader.until("round-finished");
    const { partial } = await connection.checkIn();
    expect(partial).toEqual(keptOf(wide));
    connection.configure(wide, { held: [wide.planId], partial, roundNumber: 2 });
    expect(await reader.until("downloaded")).toMatchObject({ keptBytes: 2 * CHUNK_BYTES });
    await reader.leave();
  });
});
