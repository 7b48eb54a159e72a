import { describe, expect, it } from "vitest";
import {
  ArtifactReceiver,
  applyDifference,
  checkpointIdOf,
  decodeFrame,
  downloadCodec,
  encodeCheckpoint,
  unpackValues,
  type ArtifactId,
  type CheckpointId,
} from "@tributary/protocol";
import { deliver, type SealedModel } from "../src/coordinator/model/sealed-model.ts";
import type { TaskRecord } from "../src/storage/round-store.ts";
import { exampleTask } from "@tributary/core/testing";
import { makeWorld, quiet, until, type World } from "./coordinator-world.ts";

const RANGES = [{ offset: 0, length: 5 }];
type Held = ReadonlyMap<ArtifactId, Float32Array>;

/** Opens what a client is sent that holds these checkpoints, as the client would. */
function received(
  world: World,
  task: TaskRecord,
  { delivery, frames }: SealedModel,
  held: Held = new Map(),
): { readonly kind: string; readonly bytes: number; readonly weights: Float32Array } {
  const holds = new Set<ArtifactId>([delivery.plan.id, ...held.keys()]);
  const sent = deliver({ delivery, frames }, { artifacts: holds }).frames.map(decodeFrame);
  const [first] = sent;
  if (first?.kind !== "sealedChunk") throw new Error("Nothing was sent");
  const { artifact } = first;
  const { id, byteLength } =
    artifact === "difference"
      ? delivery.difference!.packed
      : (delivery.packed ?? delivery.checkpoint);
  const { crypto } = world;
  const { key } = delivery;
  const receiver = new ArtifactReceiver({
    crypto,
    key,
    artifact,
    id,
    byteLength,
    maxBytes: byteLength,
  });
  for (const frame of sent)
    if (frame.kind === "sealedChunk") receiver.accept(frame.index, frame.body);
  const bytes = receiver.finish();
  const codec = downloadCodec(task.definition.plan.download);
  let weights = new Float32Array(5);
  if (artifact === "difference") {
    weights = applyDifference(held.get(delivery.difference!.base)!, RANGES, codec!, bytes).slice();
  } else if (delivery.packed !== undefined) {
    unpackValues(codec!, bytes, 5, (block, offset) => weights.set(block, offset));
  } else {
    weights = new Float32Array(bytes.slice().buffer);
  }
  expect(checkpointIdOf(crypto, encodeCheckpoint(weights))).toBe(delivery.checkpoint.id);
  return { kind: artifact, bytes: byteLength, weights };
}

/** What every client adds to each value in a round. */
const STEP = 0.1;

async function runRound(world: World): Promise<SealedModel> {
  const clients = world.checkIn(3, `r${world.clock.now()}-${world.events.length}`);
  await until("the cohort is seated", () => clients.every((client) => client.isSeated));
  const model = clients[0]!.model!;
  for (const client of clients) client.report({ update: new Float32Array(5).fill(STEP) });
  await until("the round ended", () => clients.every((client) => client.outcomes.length === 1));
  await quiet();
  return model;
}

const start = (world: World, download: object): Promise<TaskRecord> =>
  world.startTask({ plan: { download } });

const nearest = (task: string, weights: readonly number[], exact: readonly number[]): number => {
  expect(weights, task).toHaveLength(exact.length);
  return Math.max(...weights.map((value, i) => Math.abs(value - exact[i]!)));
};

describe("checkpoints that travel in half precision", () => {
  it("are stored in half precision too, so that all clients start from the same bits", async () => {
    const world = makeWorld();
    const task = await start(world, { encoding: "float16" });
    await runRound(world);
    const model = await runRound(world);
    const { kind, bytes, weights } = received(world, task, model);
    expect([kind, bytes]).toEqual(["checkpoint", 4 + 2 * 5]);
    const [first] = await world.rounds(task);
    expect(model.delivery.checkpoint.id).toBe(first!.checkpoint);
    for (const value of weights) expect(value * 2 ** 14).toBe(Math.round(value * 2 ** 14));
  });

  it("do not drift, because the next step adds what rounding has lost", async () => {
    const world = makeWorld();
    const task = await start(world, { encoding: "float16" });
    const initial = await world.weights(task);
    for (let round = 0; round < 60; round++) await runRound(world);
    const exact = initial.map((value) => value + 60 * STEP);
    // The error is that of one rounding of a value near 8, and not that of sixty.
    expect(nearest("float16", await world.weights(task), exact)).toBeLessThan(2 ** -7);
  });

  it("are packed again after a restart, to the same bits", async () => {
    const world = makeWorld();
    const task = await start(world, { encoding: "float16" });
    await runRound(world);
    const restarted = makeWorld({ storage: world.storage, seed: 2 });
    await restarted.coordinator.recover();
    const model = await runRound(restarted);
    expect([...received(restarted, task, model).weights]).toEqual(await firstWeights(world, task));
  });
});

async function firstWeights(world: World, task: TaskRecord): Promise<number[]> {
  const [first] = await world.rounds(task);
  const bytes = await world.storage.checkpoints.get(first!.checkpoint!);
  return [...new Float32Array(bytes!.slice().buffer)];
}

describe("checkpoints that travel as differences", () => {
  const download = { encoding: "difference", update: { codec: "uniform", bits: 8 } };

  it("give the same bits to clients that hold the last one and to those that get the whole", async () => {
    const world = makeWorld();
    const task = await start(world, download);
    const first = received(world, task, await runRound(world));
    expect(first.kind).toBe("checkpoint");
    const model = await runRound(world);
    const initial = new Map([[task.initialCheckpoint as ArtifactId, first.weights]]);
    const byDifference = received(world, task, model, initial);
    const whole = received(world, task, model);
    expect([byDifference.kind, whole.kind]).toEqual(["difference", "checkpoint"]);
    expect([...byDifference.weights]).toEqual([...whole.weights]);
    expect(byDifference.bytes).toBeLessThan(whole.bytes);
    // An older checkpoint is no base for the difference.
    const older = new Map([["f".repeat(64) as ArtifactId, first.weights]]);
    expect(received(world, task, model, older).kind).toBe("checkpoint");
  });

  it("do not drift, however coarse the difference is", async () => {
    for (const update of [
      { codec: "uniform", bits: 3 },
      { codec: "eden", bits: 1 },
    ]) {
      const world = makeWorld();
      const task = await start(world, { encoding: "difference", update });
      const initial = await world.weights(task);
      const errors: number[] = [];
      for (let round = 1; round <= 60; round++) {
        await runRound(world);
        const exact = initial.map((value) => value + round * STEP);
        errors.push(nearest(update.codec, await world.weights(task), exact));
      }
      // The error of the last rounds is about as large as that of the first ones.
      expect(Math.max(...errors.slice(40))).toBeLessThanOrEqual(
        4 * Math.max(...errors.slice(0, 20), 0.01),
      );
      expect(errors.at(-1)).toBeLessThan(5 * STEP);
    }
  });

  it("are sent whole after a restart and after a rollback, with the right values", async () => {
    const world = makeWorld();
    const task = await start(world, download);
    await runRound(world);
    await runRound(world);
    await world.coordinator.rollBackTask(task.id, 1);
    const back = await runRound(world);
    expect(back.delivery.difference).toBeUndefined();
    expect([...received(world, task, back).weights]).toEqual(await firstWeights(world, task));
    const restarted = makeWorld({ storage: world.storage, seed: 3 });
    await restarted.coordinator.recover();
    const model = await runRound(restarted);
    expect(model.delivery.difference).toBeUndefined();
    const last = (await world.rounds(task)).filter(({ checkpoint }) => checkpoint !== null).at(-2);
    expect(model.delivery.checkpoint.id).toBe(last!.checkpoint satisfies CheckpointId | null);
  });

  it("are not sent to clients that do not know the codec", async () => {
    const world = makeWorld();
    await start(world, download);
    const client = world.client("old");
    expect(() => client.checkIn({ codecs: ["float32"] })).toThrow(
      expect.objectContaining({ code: "NOT_ELIGIBLE" }),
    );
    expect(exampleTask({ plan: { download } }).plan.download).toEqual(download);
  });
});
