// One model that is wanted for a round and for the app at the same time comes once.
import { expect, it } from "vitest";
import { widePlan, type ServedModel } from "./support/linear-task.ts";
import { begin, stage, type Reader, type Stage } from "./support/participant.ts";
import { deliveryOf, type ServerConnection } from "./support/scripted-server.ts";

/** Parameters of a model of four chunks. */
const SIZE = 4 * 16_384;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Scene extends Stage {
  readonly wide: ServedModel;
  readonly frames: readonly Uint8Array[];
  readonly reader: Reader;
  readonly connection: ServerConnection;
}

async function connected(): Promise<Scene> {
  const set = stage();
  const wide = set.serve(widePlan(SIZE), new Float32Array(SIZE).fill(0.5));
  return { ...set, ...(await begin(set)), wide, frames: deliveryOf(wide).frames };
}

/** Answers a request for the model by a client that must hold it already. */
async function offerHeld({ server, wide }: Scene): Promise<void> {
  const asked = await server.accept();
  const { heldArtifacts } = await asked.expect("modelRequest");
  expect(heldArtifacts).toEqual([wide.planId, wide.checkpointId]);
  const { delivery } = deliveryOf(wide);
  asked.send({ type: "modelOffer", delivery, roundNumber: 0 });
}

it("checkpoint() beside a running delivery waits for it, and fetches nothing", async () => {
  const scene = await connected();
  const { client, connection, frames, reader, server, wide } = scene;
  await connection.checkIn();
  connection.configure(wide, { frames: (all) => all.slice(0, 2) });
  await reader.until("selected");
  const asking = client.checkpoint();
  await turn();
  expect(server.connections).toHaveLength(1);
  for (const frame of frames.slice(2)) connection.sendRaw(frame);
  const [checkpoint] = await Promise.all([asking, offerHeld(scene)]);
  expect(checkpoint).toMatchObject({ id: wide.checkpointId, isNewest: true });
  await reader.leave();
});

it("checkpoint() asks when the delivery that it waits for is lost, and goes on where it stopped", async () => {
  const scene = await connected();
  const { client, connection, reader, server, wide } = scene;
  await connection.checkIn();
  connection.configure(wide, { frames: (all) => all.slice(0, 3) });
  await reader.until("selected");
  const asking = client.checkpoint();
  await turn();
  connection.socket.cut();
  const asked = await server.accept();
  const { heldArtifacts: held, partial } = await asked.expect("modelRequest");
  expect(partial).toEqual({ id: wide.checkpointId, chunks: 2 });
  const { delivery, frames } = deliveryOf(wide, { held, partial });
  asked.send({ type: "modelOffer", delivery, roundNumber: 0 });
  for (const frame of frames) asked.sendRaw(frame);
  expect(await asking).toMatchObject({ id: wide.checkpointId });
  await reader.leave();
});

it("a round that brings what checkpoint() is fetching takes its place", async () => {
  const scene = await connected();
  const { client, connection, frames, reader, server, wide } = scene;
  await connection.checkIn();
  const asking = client.checkpoint();
  const asked = await server.accept();
  await asked.expect("modelRequest");
  asked.send({ type: "modelOffer", delivery: deliveryOf(wide).delivery, roundNumber: 0 });
  for (const frame of frames.slice(0, 2)) asked.sendRaw(frame);
  await turn();
  connection.configure(wide, { frames: () => [] });
  expect((await asked.closed).code).toBe(1000);
  for (const frame of frames) connection.sendRaw(frame);
  const [checkpoint] = await Promise.all([asking, offerHeld(scene)]);
  expect(checkpoint).toMatchObject({ id: wide.checkpointId, isNewest: true });
  await reader.leave();
});

it("a check-in waits for what checkpoint() is fetching, and says that it holds it", async () => {
  const set = stage();
  const wide = set.serve(widePlan(SIZE), new Float32Array(SIZE).fill(0.5));
  const asking = set.client.checkpoint();
  const asked = await set.server.accept();
  await asked.expect("modelRequest");
  const { delivery, frames } = deliveryOf(wide);
  asked.send({ type: "modelOffer", delivery, roundNumber: 0 });
  asked.sendRaw(frames[0]!);
  const { reader, connection } = await begin(set);
  await turn();
  expect(reader.types).not.toContain("checked-in");
  for (const frame of frames.slice(1)) asked.sendRaw(frame);
  await asking;
  const { heldArtifacts } = await connection.checkIn();
  expect(heldArtifacts).toEqual([wide.planId, wide.checkpointId]);
  await reader.leave();
});
