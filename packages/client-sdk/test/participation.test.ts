import {
  TributaryError,
  decodeCheckpoint,
  layoutOf,
  planFeatureNames,
  seededRandom,
  updateCodec,
  type ArtifactId,
  updateCodecNames,
} from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { FederatedClient, type ExampleStore } from "../src/index.ts";
import { ManualClock } from "../src/testing/index.ts";
import { createTrainer } from "../src/engine-choice/choose-engine.ts";
import { lineExamples, linearPlan, widePlan } from "./support/linear-task.ts";
import { LinearTrainer } from "./support/linear-trainer.ts";
import { begin, stage } from "./support/participant.ts";
import { ScriptedServer, crypto } from "./support/scripted-server.ts";

const CPU = { backend: "cpu" } as const;

const norm = (values: Float32Array): number => Math.hypot(...values);

describe("a round", () => {
  it("goes from check-in to outcome, and its report is exactly the change that training made", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    const offer = await connection.checkIn();
    expect(offer).toEqual({
      type: "checkIn",
      resumes: true,
      population: "test",
      codecs: updateCodecNames,
      maxParameters: 67_108_864,
      exampleCount: 8,
      heldOutCount: 0,
      heldArtifacts: [],
      declinedPlans: [],
      planFeatures: planFeatureNames,
    });
    const { roundId, reportNonce } = connection.configure(set.model, { roundNumber: 3 });
    await connection.expect("configured");
    const { begin: report, payload } = await connection.takeReport(roundId);
    connection.accept(roundId);
    const { greeting, bytesUp, bytesDown } = connection;
    const next = set.serve(set.model.plan, Float32Array.of(1, -1, 0.5));
    connection.commit(roundId, next, 0, true);
    const finished = await reader.until("round-finished");

    expect(reader.types.filter((type) => type !== "training")).toEqual([
      "connecting",
      "connected",
      "checked-in",
      "selected",
      "downloaded",
      "trained",
      "reporting",
      "reported",
      "round-finished",
    ]);
    expect(finished).toMatchObject({
      roundId,
      roundNumber: 3,
      task: "line",
      counted: true,
      outcome: { type: "committed", checkpoint: next.checkpointId },
      taskFinished: true,
    });
    expect(report).toMatchObject({ roundId, reportNonce, exampleCount: 8, codec: "float32" });
    expect(report.metrics).toHaveLength(1);
    expect(report.metrics[0]).toMatchObject({ name: "loss" });

    const weights = decodeCheckpoint(
      set.model.checkpointBytes,
      layoutOf(set.model.plan.model.parameters),
    );
    const trained = await new LinearTrainer().train({
      plan: set.model.plan,
      weights,
      examples: lineExamples(),
      random: seededRandom(crypto, 7).derive("line round 3 train"),
    });
    const expected = trained.weights.map((value, i) => value - weights[i]!);
    expect([...new Float32Array(payload.buffer)]).toEqual([...expected]);
    expect(report.metrics[0]!.value).toBe(trained.metrics["loss"]);

    expect(reader.events.find((event) => event.type === "reported")).toEqual({
      type: "reported",
      roundId,
      bytesUp: bytesUp - greeting.up,
      bytesDown: bytesDown - greeting.down,
    });
    await reader.leave();
  });

  it("trains with the plan's proximal term on either engine", async () => {
    const before = [0.5, -0.25, 0];
    const { features, labels } = lineExamples();
    // The gradient of the mean squared error over all examples.
    const gradient = (weights: readonly number[]): number[] => {
      const slopes = [0, 0, 0];
      for (let i = 0; i < 8; i++) {
        const inputs = [features[2 * i]!, features[2 * i + 1]!, 1];
        const output = inputs.reduce((sum, input, k) => sum + input * weights[k]!, 0);
        inputs.forEach((input, k) => (slopes[k]! += (2 / 8) * (output - labels[i]!) * input));
      }
      return slopes;
    };
    for (const proximal of [0, 2]) {
      let expected = before;
      for (let step = 0; step < 3; step++) {
        const slopes = gradient(expected);
        expected = expected.map(
          (weight, k) => weight - 0.1 * (slopes[k]! + proximal * (weight - before[k]!)),
        );
      }
      const training = { ...linearPlan().training, batchSize: 8, localEpochs: 3 };
      const plan = linearPlan({
        training: proximal === 0 ? training : { ...training, proximal },
      });
      for (const engine of ["fused", "tfjs"] as const) {
        const trainer = await createTrainer({ engine, ...(engine === "tfjs" ? CPU : {}) });
        const set = stage({ trainer });
        const { reader, connection } = await begin(set);
        await connection.checkIn();
        const model = set.serve(plan, Float32Array.from(before));
        const { roundId } = connection.configure(model);
        const { payload } = await connection.takeReportAfterConfigured(roundId);
        const update = new Float32Array(payload.buffer);
        expect(update).toHaveLength(3);
        update.forEach((value, k) => expect(value).toBeCloseTo(expected[k]! - before[k]!, 5));
        await reader.leave();
        trainer.dispose();
      }
    }
  });

  it("keeps plan and checkpoint when it is abandoned, so that they are not sent again", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const first = connection.configure(set.model);
    await connection.takeReportAfterConfigured(first.roundId);
    connection.accept(first.roundId);
    connection.abandon(first.roundId);
    const finished = await reader.until("round-finished");
    expect(finished).toMatchObject({
      counted: true,
      outcome: { type: "abandoned", reason: "too-few-reports" },
    });
    expect(reader.events.find((event) => event.type === "downloaded")).toMatchObject({
      bytes: set.model.planBytes.length + set.model.checkpointBytes.length,
      cached: false,
    });

    const { heldArtifacts } = await connection.checkIn();
    expect(heldArtifacts).toEqual([set.model.planId, set.model.checkpointId]);
    const second = connection.configure(set.model, {
      roundId: "rnd_00000000000000bb",
      held: heldArtifacts,
    });
    const { payload } = await connection.takeReportAfterConfigured(second.roundId);
    expect(payload).toHaveLength(12);
    expect(await reader.until("downloaded")).toMatchObject({ bytes: 0, cached: true });
    await reader.leave();
  });

  it("tells which engine trains, and why, when its trainer has several", async () => {
    const set = stage();
    const asked: unknown[] = [];
    const choice = { engine: "fused", backend: "wasm", reason: "every layer is there" } as const;
    Object.assign(set.trainer, {
      choose: (plan: unknown) => {
        asked.push(plan);
        return Promise.resolve(choice);
      },
    });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.takeReportAfterConfigured(roundId);
    await reader.until("reporting");
    expect(asked).toEqual([set.model.plan]);
    const told = reader.events.find(({ type }) => type === "engine-chosen");
    expect(told).toEqual({ type: "engine-chosen", roundId, ...choice });
    expect(reader.types.indexOf("engine-chosen")).toBe(reader.types.indexOf("downloaded") + 1);
    await reader.leave();
  });

  it("downloads only the checkpoint when the plan is the same as before", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const first = connection.configure(set.model);
    await connection.takeReportAfterConfigured(first.roundId);
    connection.accept(first.roundId);
    const next = set.serve(set.model.plan, Float32Array.of(1, 2, 3));
    connection.commit(first.roundId, next);
    const { heldArtifacts } = await connection.checkIn();
    connection.configure(next, { roundNumber: 2, held: heldArtifacts });
    await connection.expect("configured");
    await reader.until("round-finished");
    expect(await reader.until("downloaded")).toMatchObject({ bytes: 12, cached: false });
    await reader.leave();
  });

  it("announces the two plans and the two checkpoints that were verified last", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    const ids: ArtifactId[] = [];
    let held: readonly ArtifactId[] = [];
    for (const round of [1, 2, 3]) {
      ({ heldArtifacts: held } = await connection.checkIn());
      const model = set.serve(set.model.plan, Float32Array.of(round, 0, 0));
      ids.push(model.checkpointId);
      const { roundId } = connection.configure(model, { roundNumber: round, held });
      await connection.takeReportAfterConfigured(roundId);
      connection.accept(roundId);
      connection.commit(roundId, model);
    }
    ({ heldArtifacts: held } = await connection.expect("checkIn"));
    expect(held).toEqual([set.model.planId, ids[1], ids[2]]);
    await reader.leave();
  });

  it("stays away for minutes from a model that it cannot train", async () => {
    const set = stage();
    set.trainer.gate = () =>
      Promise.reject(new TributaryError("MODEL_UNSUPPORTED", "There is a layer that nobody knows"));
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model);
    const { error, retryInMs } = await reader.until("withdrawn");
    expect(error.code).toBe("MODEL_UNSUPPORTED");
    expect(retryInMs).toBeGreaterThanOrEqual(10 * 60_000);
    await set.clock.untilPending(retryInMs);
    await reader.leave();
  });

  it("gives the same report for the same seed, although the round's id differs", async () => {
    const payloads: Uint8Array[] = [];
    for (const roundId of ["rnd_00000000000000aa", "rnd_00000000000000bb"]) {
      const set = stage();
      const plan = widePlan(5_000, { update: { codec: "uniform", bits: 8 } });
      const weights = Float32Array.from({ length: 5_000 }, (_, i) => Math.sin(i));
      set.trainer.spoil = (result) => ({ ...result, weights: result.weights.map((x) => x * 1.01) });
      const { reader, connection } = await begin(set);
      await connection.checkIn();
      connection.configure(set.serve(plan, weights), { roundId });
      await connection.expect("configured");
      const { begin: report, payload } = await connection.takeReport(
        (await reader.until("reporting")).roundId,
      );
      expect(report.codec).toBe("uniform");
      payloads.push(payload);
      await reader.leave();
    }
    expect(Buffer.compare(payloads[0]!, payloads[1]!)).toBe(0);
    expect(
      updateCodec({ codec: "uniform", bits: 8 }).validate(payloads[0]!, 5_000).maxAbs,
    ).toBeLessThan(0.1);
  });

  it("adds what top-k left out to the next update, once the report has been accepted", async () => {
    const set = stage();
    set.trainer.spoil = (result) => ({
      ...result,
      weights: result.weights.map((_, i) => (i + 1) / 8),
    });
    const { reader, connection } = await begin(set);
    const update = { codec: "top-k", fraction: 0.25 } as const;
    const model = set.serve(widePlan(8, { update }), new Float32Array(8));
    const sent: number[][] = [];
    for (const [index, counts] of [false, true, true].entries()) {
      const { heldArtifacts: held } = await connection.checkIn();
      const { roundId } = connection.configure(model, { roundNumber: index + 1, held });
      const { payload } = await connection.takeReportAfterConfigured(roundId);
      const values = new Float32Array(8);
      updateCodec(update).decode(payload, 8, (block) => values.set(block));
      sent.push([...values]);
      if (counts) {
        connection.accept(roundId);
        connection.commit(roundId, model);
        continue;
      }
      const refused = { code: "ROUND_CLOSED", message: "too late", retryAfterMs: 1_000 } as const;
      connection.send({ type: "reportResult", roundId, refused });
      await reader.until("report-refused");
      await set.clock.untilPending(1_000);
      set.clock.advance(1_000);
    }
    expect(sent).toEqual([
      [0, 0, 0, 0, 0, 0, 7 / 8, 1],
      [0, 0, 0, 0, 0, 0, 7 / 8, 1],
      [0, 0, 0, 0, 10 / 8, 12 / 8, 0, 0],
    ]);
    await reader.leave();
  });

  it("scales the update down to the plan's clip norm", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const model = set.serve(linearPlan({ clipNorm: 0.01 }), Float32Array.of(0, 0, 0));
    const { roundId } = connection.configure(model);
    const { payload } = await connection.takeReportAfterConfigured(roundId);
    expect(norm(new Float32Array(payload.buffer))).toBeCloseTo(0.01, 7);
    await reader.leave();
  });

  it("reports only the trained layers", async () => {
    const set = stage();
    const { model, training } = linearPlan();
    const plan = linearPlan({
      model: {
        ...model,
        parameters: [
          { name: "first/kernel", shape: [2] },
          { name: "second/kernel", shape: [1] },
        ],
      },
      training: { ...training, trainable: ["second"] },
    });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.serve(plan, Float32Array.of(1, 2, 3)));
    const { begin: report } = await connection.takeReportAfterConfigured(roundId);
    expect(report.updateBytes).toBe(4);
    await reader.leave();
  });

  it("uploads a long report in pieces, no faster than the network takes them", async () => {
    const size = 200_000;
    const set = stage({ limits: { maxBufferedSendBytes: 100_000 } });
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.serve(widePlan(size), new Float32Array(size)));
    await connection.expect("configured");
    const { updateBytes } = await connection.expect("reportBegin");
    expect(updateBytes).toBe(4 * size);
    connection.send({ type: "reportGrant", roundId });
    await reader.until("reporting");
    connection.socket.pause();
    await new Promise((resolve) => setImmediate(resolve));
    const { bufferedByClient } = connection;
    expect(bufferedByClient).toBeGreaterThan(100_000);
    expect(bufferedByClient).toBeLessThan(100_000 + 65_536);
    connection.socket.resume();
    const payload = await connection.takeChunks(updateBytes);
    expect(new Float32Array(payload.buffer)[size - 1]).toBeCloseTo(0.006, 6);
    connection.accept(roundId);
    await reader.until("reported");
    await reader.leave();
  });

  it("asks the example store again in every round", async () => {
    let count = 3;
    const examples: ExampleStore = {
      count: () => Promise.resolve(count),
      load: () => Promise.resolve({ ...lineExamples(), count }),
    };
    const set = stage({ examples });
    const { reader, connection } = await begin(set);
    expect(await connection.checkIn()).toMatchObject({ exampleCount: 3 });
    const { roundId } = connection.configure(set.model);
    const { begin: report } = await connection.takeReportAfterConfigured(roundId);
    expect(report.exampleCount).toBe(3);
    connection.accept(roundId);
    count = 8;
    connection.abandon(roundId);
    expect(await connection.checkIn()).toMatchObject({ exampleCount: 8 });
    await reader.leave();
  });
});

describe("a client between two rounds", () => {
  it("checks in again after the time that a rejection names", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.expect("checkIn");
    const message = "no round is open";
    connection.send({ type: "rejection", code: "NO_OPEN_ROUND", message, retryAfterMs: 30_000 });
    expect(await reader.until("rejected")).toEqual({
      type: "rejected",
      code: "NO_OPEN_ROUND",
      message,
      retryAfterMs: 30_000,
    });
    await set.clock.untilPending(30_000);
    set.clock.advance(29_999);
    expect(set.clock.pendingDelaysMs).toEqual([1]);
    set.clock.advance(1);
    await connection.checkIn();
    await reader.until("checked-in");
    await reader.leave();
  });

  it("chooses a wait of its own when a rejection names none", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.send({ type: "rejection", code: "NO_OPEN_ROUND", message: "", retryAfterMs: 0 });
    const { retryAfterMs } = await reader.until("rejected");
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(500);
    await set.clock.untilPending(retryAfterMs);
    await reader.leave();
  });

  it("treats a failure that leaves the session open as a rejection", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.expect("checkIn");
    const failure = { code: "POPULATION_UNKNOWN", message: "no such population" } as const;
    connection.send({ type: "failure", ...failure, retryAfterMs: 5_000 });
    expect(await reader.until("rejected")).toMatchObject(failure);
    await set.clock.untilPending(5_000);
    await reader.leave();
  });

  it("waits as long as the outcome says, and checks in again over the same connection", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.takeReportAfterConfigured(roundId);
    connection.accept(roundId);
    connection.commit(roundId, set.model, 7_000);
    await reader.until("round-finished");
    await set.clock.untilPending(7_000);
    set.clock.advance(7_000);
    await connection.checkIn();
    expect(set.server.connections).toHaveLength(1);
    await reader.leave();
  });

  it("checks in again after a refused report", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const { roundId } = connection.configure(set.model);
    await connection.expect("configured");
    await connection.expect("reportBegin");
    const refused = { code: "ROUND_CLOSED", message: "too late", retryAfterMs: 1_500 } as const;
    connection.send({ type: "reportResult", roundId, refused });
    expect(await reader.until("report-refused")).toMatchObject({
      roundId,
      code: "ROUND_CLOSED",
      retryInMs: 1_500,
    });
    await set.clock.untilPending(1_500);
    set.clock.advance(1_500);
    await connection.checkIn();
    await reader.leave();
  });
});

describe("a client", () => {
  it("runs one participation at a time, and can start another one afterwards", async () => {
    const set = stage();
    const { reader } = await begin(set);
    await expect(set.participate().end()).rejects.toMatchObject({ code: "BAD_PARAMETER" });
    await reader.leave();
    const again = await begin(set);
    await again.reader.leave();
  });

  it("does not dispose a trainer that the app gave it", async () => {
    const set = stage();
    const { reader } = await begin(set);
    await set.client.close();
    await reader.end();
    expect(set.trainer.disposed).toBe(0);
  });

  it("makes one trainer with the app's options, and disposes it when it is closed", async () => {
    const server = new ScriptedServer();
    const own = new LinearTrainer();
    const asked: unknown[] = [];
    const client = new FederatedClient(
      {
        url: "wss://learn.example",
        population: "test",
        serverKey: server.key,
        examples: lineExamples(),
        engine: "tfjs",
        backend: "wasm",
        wasmPaths: "/wasm/",
      },
      {
        connect: server.connect,
        clock: new ManualClock(),
        createTrainer: (options) => {
          asked.push(options);
          return asked.length === 1
            ? Promise.reject(new TributaryError("ENGINE_UNAVAILABLE", "not here"))
            : Promise.resolve(own);
        },
      },
    );
    await expect(client.participate().next()).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    expect(server.connections).toEqual([]);
    for (let time = 0; time < 2; time++) {
      const serving = server.accept();
      for await (const event of client.participate()) if (event.type === "connected") break;
      await serving;
    }
    const options = { engine: "tfjs", backend: "wasm", wasmPaths: "/wasm/" };
    expect(asked).toEqual([options, options]);
    expect(own.disposed).toBe(0);
    await client.close();
    await client.close();
    expect(own.disposed).toBe(1);
  });

  it("refuses a limit that is a constant of the protocol: its server could not learn it", () => {
    const limits: object = { rekeyAfterRecords: 5 };
    expect(() => stage({ limits })).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("refuses to take part without examples", async () => {
    const set = stage({ examples: { ...lineExamples(), count: 0 } });
    const ended = set.participate().end();
    void set.server.accept();
    await expect(ended).rejects.toMatchObject({ code: "EXAMPLES_INVALID" });
    expect(set.server.connections[0]!.socket.ended).toBe(true);
  });

  it.each(["examples", "heldOut"] as const)(
    "checks in later when the store of %s fails to count, and says so",
    async (which) => {
      let calls = 0;
      const store: ExampleStore = {
        count: () =>
          ++calls === 1 ? Promise.reject(new Error("The disk is asleep")) : Promise.resolve(3),
        load: () => Promise.resolve(lineExamples()),
      };
      const set = stage({ [which]: store });
      const reader = set.participate();
      const failed = reader.until("check-in-failed");
      const connection = await set.server.accept();
      const { error, retryInMs } = await failed;
      expect(error).toMatchObject({ code: "EXAMPLES_INVALID" });
      expect(error.message).toContain("The disk is asleep");
      await set.clock.untilPending(retryInMs);
      set.clock.advance(retryInMs);
      await connection.expect("checkIn");
      expect(calls).toBe(2);
      await reader.leave();
    },
  );
});
