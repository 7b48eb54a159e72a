import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eraseModelStore, type FederatedClientDeps } from "../src/index.ts";
import { offer } from "./support/offer-model.ts";
import { begin, stage, type Stage } from "./support/participant.ts";
import { rejectionOf } from "./support/rejection.ts";
import { ScriptedServer } from "./support/scripted-server.ts";

describe("a model store", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "model-store-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const nobody = new ScriptedServer();
  nobody.refusing = true;
  const offline: FederatedClientDeps = { connect: nobody.connect };
  const store = (): { name: string; directory: string } => ({ name: "test", directory });
  const folder = (): string => join(directory, encodeURIComponent("model: test"));

  /** A client that has kept the model of round 4 and was closed, as by a reload. */
  async function kept(): Promise<Stage> {
    const first = stage({ modelStore: store() });
    await Promise.all([first.client.checkpoint(), offer(first, first.model, 4)]);
    await first.client.close();
    return first;
  }

  /** The client after the reload. It talks to the server of the one before. */
  const reloaded = ({ server }: Stage, deps: FederatedClientDeps = {}): Stage => ({
    ...stage({ modelStore: store(), serverKey: server.key }, { connect: server.connect, ...deps }),
    server,
  });

  /** Changes the last byte of files whose names begin so. */
  async function damage(beginning: string): Promise<void> {
    for (const file of await readdir(folder())) {
      if (!file.startsWith(beginning)) continue;
      const bytes = await readFile(join(folder(), file));
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(join(folder(), file), bytes);
    }
  }

  it("gives the same bits without a connection after a reload, as a tfjs model too", async () => {
    await tf.setBackend("cpu");
    const first = await kept();
    const { client } = reloaded(first, offline);
    const checkpoint = await client.checkpoint();
    expect(checkpoint).toMatchObject({
      id: first.model.checkpointId,
      roundNumber: 4,
      isNewest: false,
      weights: Float32Array.of(0.5, -0.25, 0),
    });
    const model = await client.model();
    const values = model.getWeights().flatMap((weight) => [...weight.dataSync()]);
    expect(values).toEqual([...checkpoint.weights]);
    model.dispose();
    await client.close();
  });

  it("lets a client download nothing after a reload, in a request and in a round", async () => {
    const set = reloaded(await kept());
    const [checkpoint, held] = await Promise.all([
      set.client.checkpoint(),
      offer(set, set.model, 4),
    ]);
    expect(held).toContain(checkpoint.id);
    expect(held).toHaveLength(2);
    const { reader, connection } = await begin(set);
    const { heldArtifacts } = await connection.checkIn();
    expect(heldArtifacts).toEqual(held);
    await reader.leave();
    await set.client.close();
  });

  it("keeps one model, the newest", async () => {
    const first = await kept();
    const next = reloaded(first);
    const newer = first.serve(first.model.plan, Float32Array.of(1, 2, 3));
    await Promise.all([next.client.checkpoint(), offer(next, newer, 5)]);
    await next.client.close();
    const blocks = (await readdir(folder())).filter((file) => file.startsWith("block-"));
    expect(blocks).toHaveLength(2);
    const { client } = reloaded(first, offline);
    expect((await client.checkpoint()).weights).toEqual(Float32Array.of(1, 2, 3));
    await client.close();
  });

  it.each(["block-", "catalogue-", "key"])(
    "refuses a model whose %s was changed, says so, and keeps the one that is fetched again",
    async (file) => {
      const first = await kept();
      await damage(file);
      const set = reloaded(first);
      const [, held] = await Promise.all([set.client.checkpoint(), offer(set, first.model, 4)]);
      expect(held).toEqual([]);
      const reader = set.participate();
      expect((await reader.until("model-not-kept")).error.code).toBe("STORAGE_DAMAGED");
      await reader.leave();
      await set.client.close();
      const { client } = reloaded(first, offline);
      expect((await client.checkpoint()).id).toBe(first.model.checkpointId);
      await client.close();
    },
  );

  it("does not use a model that another server's key has signed", async () => {
    await kept();
    const serverKey = new ScriptedServer(2).key;
    const { client } = stage({ modelStore: store(), serverKey }, offline);
    expect((await rejectionOf(client.checkpoint())).code).toBe("CONNECTION_FAILED");
    expect(client.heldCheckpoint()).toBeUndefined();
    await client.close();
  });

  it("leaves a model alone that a newer version has kept", async () => {
    const first = await kept();
    const [name] = (await readdir(folder())).filter((file) => file.startsWith("catalogue-"));
    const bytes = await readFile(join(folder(), name!));
    bytes[8] = 2; // the form, behind the revision
    await writeFile(join(folder(), name!), bytes);
    const set = reloaded(first);
    const newer = first.serve(first.model.plan, Float32Array.of(1, 2, 3));
    await Promise.all([set.client.checkpoint(), offer(set, newer, 5)]);
    const reader = set.participate();
    expect((await reader.until("model-not-kept")).error.code).toBe("STORAGE_NEWER");
    await reader.leave();
    await set.client.close();
    expect(await readFile(join(folder(), name!))).toEqual(bytes);
  });

  it("works from memory where nothing can be kept, and says so once", async () => {
    await writeFile(join(directory, "file"), "");
    const set = stage({ modelStore: { name: "test", directory: join(directory, "file") } });
    await Promise.all([set.client.checkpoint(), offer(set, set.model, 4)]);
    expect(set.client.heldCheckpoint()?.id).toBe(set.model.checkpointId);
    const reader = set.participate();
    expect((await reader.until("model-not-kept")).error.code).toBe("STORAGE_DENIED");
    await reader.until("connecting");
    expect(reader.types.filter((type) => type === "model-not-kept")).toHaveLength(1);
    await reader.leave();
    await set.client.close();
  });

  it("is empty once it was erased", async () => {
    const first = await kept();
    await eraseModelStore(store());
    expect(await readdir(folder())).toEqual([]);
    const { client } = reloaded(first, offline);
    await rejectionOf(client.checkpoint());
    expect(client.heldCheckpoint()).toBeUndefined();
    await client.close();
  });
});
