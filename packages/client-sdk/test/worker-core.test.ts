import { TributaryError, seededRandom } from "@tributary/protocol";
import { webWorkerEndpoint } from "@tributary/protocol/worker-port";
import { expect, describe, it } from "vitest";
import type { ClientCore } from "../src/client-core/client-core.ts";
import { OwnThreadCore } from "../src/client-core/own-thread.ts";
import { memoryKeyStore, type ExampleStore, type TokenRequest } from "../src/index.ts";
import { EventStream } from "../src/participation/event-stream.ts";
import { reasonToStay } from "../src/worker/crossing-options.ts";
import { PlacedCore } from "../src/worker/open-core.ts";
import { WorkerCore } from "../src/worker/worker-core.ts";
import { lineExamples, linearPlan, servedModel } from "./support/linear-task.ts";
import { LinearTrainer } from "./support/linear-trainer.ts";
import { offer } from "./support/offer-model.ts";
import { Reader } from "./support/participant.ts";
import { crypto } from "./support/scripted-server.ts";
import { workerOf, workerStage, type WorkerStage } from "./support/worker-stage.ts";

const NO_ACTION = { onOutOfReach: () => {}, onDeath: () => {} };

const open = ({ platform, settings, device }: WorkerStage, options = {}): Promise<WorkerCore> =>
  WorkerCore.open(webWorkerEndpoint(workerOf(platform)), settings(options), device, NO_ACTION);

const readerOf = (core: ClientCore): Reader =>
  new Reader(new EventStream((events, signal) => core.participate(events, signal)));

/** Takes a client through one round, and returns what it has reported. */
async function oneRound(stage: WorkerStage, reader: Reader): Promise<Uint8Array> {
  const { server } = stage;
  const model = servedModel(crypto, server.secrets, linearPlan(), Float32Array.of(0.5, -0.25, 0));
  const selected = reader.until("selected");
  const connection = await server.accept();
  await connection.checkIn();
  const { roundId } = connection.configure(model);
  const { payload } = await connection.takeReportAfterConfigured(roundId);
  connection.accept(roundId);
  connection.commit(roundId, model);
  await selected;
  await reader.until("round-finished");
  return payload;
}

describe("a client in a Worker", () => {
  it("tells the same events as one in its own thread, and makes the same report", async () => {
    const random = seededRandom(crypto, 7).derive("client");
    const own = workerStage();
    const here = readerOf(new OwnThreadCore(own.settings({ random }), own.platform));
    const expected = await oneRound(own, here);
    const stage = workerStage();
    const core = await open(stage, { random });
    const there = readerOf(core);
    expect(await oneRound(stage, there)).toEqual(expected);
    const plainly = ({ types }: Reader): readonly string[] =>
      types.filter((type) => type !== "training");
    expect(plainly(there)).toEqual(plainly(here));
    await Promise.all([here.leave(), there.leave()]);
    await core.dispose();
  });

  it("asks the page what the device is like, and only where there are conditions", async () => {
    const stage = workerStage();
    stage.device.set({ charging: false });
    const core = await open(stage, { conditions: { charging: true } });
    const reader = readerOf(core);
    expect(await reader.until("conditions-unmet")).toMatchObject({
      unmet: [{ condition: "charging", isKnown: true }],
    });
    stage.device.set({ charging: true });
    await oneRound(stage, reader);
    expect(reader.types).toContain("conditions-met");
    await reader.leave();
    await core.dispose();
  });

  it("has the page hold the checkpoint by the time that the page hears of the download", async () => {
    const stage = workerStage();
    const core = await open(stage);
    expect(core.held()).toBeUndefined();
    const reader = readerOf(core);
    const round = oneRound(stage, reader);
    await round;
    const held = core.held();
    expect(held).toMatchObject({ roundNumber: 0, isNewest: false });
    expect(held?.weights).toEqual(Float32Array.of(0.5, -0.25, 0));
    held?.weights.fill(9);
    expect(core.held()?.weights[0]).toBe(0.5);
    await reader.leave();
    await core.dispose();
  });

  it("asks the page for examples, token and device key, and leaves the app's arrays where they are", async () => {
    const stage = workerStage();
    const examples = lineExamples();
    const asked: unknown[] = [];
    const store: ExampleStore = {
      count: () => Promise.resolve(examples.count),
      load: (_, contract) => {
        asked.push(contract);
        return Promise.resolve(examples);
      },
    };
    const keys = memoryKeyStore();
    const token = ({ population, deviceId }: TokenRequest): string => `${population}.${deviceId}`;
    const core = await open(stage, { examples: store, heldOut: examples, token, deviceKey: keys });
    const reader = readerOf(core);
    const checkedIn = reader.until("checked-in");
    const connection = await stage.server.accept();
    const offer = await connection.checkIn();
    expect(await checkedIn).toMatchObject({ exampleCount: 8 });
    expect(offer.heldOutCount).toBe(8);
    expect(offer.token).toMatch(/^test\.[0-9a-f]{64}$/);
    expect(await keys.load()).toHaveLength(32);
    const model = servedModel(crypto, stage.server.secrets, linearPlan(), new Float32Array(3));
    const { roundId } = connection.configure(model);
    await connection.takeReportAfterConfigured(roundId);
    expect(asked).toEqual([undefined]);
    expect(examples.features).toHaveLength(16);
    await reader.leave();
    await core.dispose();
  });

  it("shows the page what a dry run came to, and which floor would refuse the plan", async () => {
    for (const minimumCohort of [2, 3]) {
      const stage = workerStage();
      const core = await open(stage, { floors: { minimumCohort } });
      const { server } = stage;
      const model = servedModel(crypto, server.secrets, linearPlan(), new Float32Array(3));
      const [result] = await Promise.all([
        core.dryRun("training", new AbortController().signal),
        offer(stage, model, 0),
      ]);
      if (minimumCohort === 2) {
        expect(result.refused).toBeUndefined();
        expect(result.messages.map(({ type }) => type)).toEqual(["reportBegin", "reportChunk"]);
      } else {
        expect(result.refused).toBeInstanceOf(TributaryError);
        expect(result.refused).toMatchObject({ context: { floor: "minimumCohort" } });
      }
      await core.dispose();
    }
  });

  it("says with a typed error that the app's store failed", async () => {
    const stage = workerStage();
    const examples: ExampleStore = {
      count: () => Promise.reject(new Error("the disk is gone")),
      load: () => Promise.resolve(lineExamples()),
    };
    const core = await open(stage, { examples });
    const reader = readerOf(core);
    const failed = reader.until("check-in-failed");
    await stage.server.accept();
    const { error } = await failed;
    expect(error).toBeInstanceOf(TributaryError);
    expect(error).toMatchObject({ code: "EXAMPLES_INVALID" });
    await reader.leave();
    await core.dispose();
  });

  it("ends for its reader only once it has left the server", async () => {
    const stage = workerStage();
    const core = await open(stage);
    const reader = readerOf(core);
    const checkedIn = reader.until("checked-in");
    const connection = await stage.server.accept();
    await connection.checkIn();
    await checkedIn;
    await reader.leave();
    expect(await connection.closed).toBeDefined();
    await core.dispose();
  });
});

describe("the choice of the thread", () => {
  const placed = (stage: WorkerStage, start: () => ReturnType<typeof workerOf>): PlacedCore =>
    new PlacedCore(
      stage.settings(),
      stage.platform,
      [{ name: "a test", start }],
      undefined,
      undefined,
    );

  it("tries one way to a Worker after the other, and says why it stays in the page", async () => {
    const stage = workerStage();
    const refused = (): never => {
      throw new Error("a policy forbids it");
    };
    const core = placed(stage, refused);
    const reader = readerOf(core);
    const chosen = await reader.until("thread-chosen");
    expect(chosen).toMatchObject({ thread: "page" });
    expect(chosen.reason).toContain("from a test: a policy forbids it");
    await oneRound(stage, reader);
    await reader.leave();
    await core.dispose();
  });

  it("moves to the page when no engine of the Worker has the model's layers", async () => {
    const stage = workerStage();
    const limited = new LinearTrainer();
    limited.gate = () => {
      throw new TributaryError("MODEL_UNSUPPORTED", "There is no such layer");
    };
    const inWorker = { ...stage.platform, createTrainer: () => Promise.resolve(limited) };
    const core = placed(stage, () => workerOf(inWorker));
    const reader = readerOf(core);
    const withdrawn = reader.until("withdrawn");
    const connection = await stage.server.accept();
    await connection.checkIn();
    const model = servedModel(crypto, stage.server.secrets, linearPlan(), new Float32Array(3));
    connection.configure(model);
    await withdrawn;
    expect(await reader.until("thread-chosen")).toMatchObject({
      thread: "page",
      reason: expect.stringContaining("There is no such layer") as string,
    });
    await oneRound(stage, reader);
    await reader.leave();
    await core.dispose();
  });

  it("goes on in another Worker when one dies, and fails with a typed error when that one dies, too", async () => {
    const stage = workerStage();
    const workers: ReturnType<typeof workerOf>[] = [];
    const core = placed(stage, () => {
      const worker = workerOf(stage.platform);
      workers.push(worker);
      return worker;
    });
    const reader = readerOf(core);
    const checkedIn = reader.until("checked-in");
    const connection = await stage.server.accept();
    await connection.checkIn();
    await checkedIn;
    workers[0]?.fail();
    expect(await reader.until("thread-chosen")).toMatchObject({ thread: "worker" });
    await (await stage.server.accept()).checkIn();
    await reader.until("checked-in");
    workers[1]?.fail();
    await expect(reader.end()).rejects.toMatchObject({ code: "INTERNAL" });
    const again = readerOf(core);
    expect(await again.until("thread-chosen")).toMatchObject({ thread: "worker" });
    expect(workers).toHaveLength(3);
    await again.leave();
    await core.dispose();
  });

  const required = { url: "", population: "", serverKey: "", examples: lineExamples() };

  it.each([
    [{ worker: false }, /app asks for it/],
    [{ trainer: new LinearTrainer() }, /trainer/],
    [{ engine: "tfjs" }, /engine tfjs/],
    [{ backend: "webgl" }, /backend webgl/],
    [
      { random: { bytes: (length: number) => new Uint8Array(length), derive: () => none() } },
      /seed/,
    ],
  ] as const)("keeps a client with the options %o in the page", (options, reason) => {
    expect(reasonToStay({ ...required, ...options }, false)).toMatch(reason);
  });

  it("has nothing against a Worker when the options are data, and much when parts were replaced", () => {
    const random = seededRandom(crypto, 1);
    expect(reasonToStay({ ...required, engine: "fused", random }, false)).toBeUndefined();
    expect(reasonToStay(required, true)).toMatch(/replaced parts/);
  });
});

const none = (): never => {
  throw new Error("nothing is drawn");
};
