import * as tf from "@tensorflow/tfjs";
import { decodeCheckpoint, isDeviceProof, layoutOf, type ArtifactId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import type { FederatedClient, TokenRequest } from "../src/index.ts";
import { offer } from "./support/offer-model.ts";
import { begin, stage, type Stage } from "./support/participant.ts";
import { crypto, deliveryOf, type ServerConnection } from "./support/scripted-server.ts";

const SEED = new Uint8Array(32).fill(3);

const outcomeOf = (client: FederatedClient): Promise<unknown> =>
  client.checkpoint().then(
    () => "a checkpoint",
    (error: unknown) => error,
  );

describe("the newest checkpoint", () => {
  it("is requested, verified and returned without taking part", async () => {
    const set = stage();
    const [checkpoint, held] = await Promise.all([
      set.client.checkpoint(),
      offer(set, set.model, 0),
    ]);
    expect(held).toEqual([]);
    const { plan } = set.model;
    expect(checkpoint).toEqual({
      id: set.model.checkpointId,
      roundNumber: 0,
      plan,
      weights: decodeCheckpoint(set.model.checkpointBytes, layoutOf(plan.model.parameters)),
      isNewest: true,
    });
    expect(set.clock.pendingDelaysMs).toEqual([]);
  });

  it("is not sent twice, and each call returns a copy", async () => {
    const set = stage();
    const [first] = await Promise.all([set.client.checkpoint(), offer(set, set.model, 4)]);
    first.weights.fill(99);
    const [again, held] = await Promise.all([set.client.checkpoint(), offer(set, set.model, 4)]);
    expect(held).toEqual([set.model.planId, set.model.checkpointId]);
    expect(again.weights[0]).toBe(0.5);
  });

  it("is returned as a new tfjs model in each call", async () => {
    const set = stage();
    await tf.setBackend("cpu");
    const [model] = await Promise.all([set.client.model(), offer(set, set.model, 0)]);
    const prediction = model.predict(tf.tensor2d([[2, 4]])) as tf.Tensor;
    expect((await prediction.data())[0]).toBeCloseTo(0.5 * 2 - 0.25 * 4, 6);
    model.dispose();
    const next = set.serve(set.model.plan, Float32Array.of(1, 1, 1));
    const [newer] = await Promise.all([set.client.model(), offer(set, next, 1)]);
    const newPrediction = newer.predict(tf.tensor2d([[2, 4]])) as tf.Tensor;
    expect((await newPrediction.data())[0]).toBeCloseTo(7, 6);
    newer.dispose();
  });

  it("is requested over a connection of its own while the client takes part", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const [checkpoint] = await Promise.all([set.client.checkpoint(), offer(set, set.model, 2)]);
    expect(checkpoint.roundNumber).toBe(2);
    const { roundId } = connection.configure(set.model, { roundNumber: 3 });
    await connection.takeReportAfterConfigured(roundId);
    await reader.leave();
  });

  it("is the last one that was verified when the server cannot be reached", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model, { roundNumber: 6 });
    await connection.expect("configured");
    await reader.leave();
    set.server.refusing = true;
    const checkpoint = await set.client.checkpoint();
    expect(checkpoint).toMatchObject({
      id: set.model.checkpointId,
      roundNumber: 5,
      isNewest: false,
    });
  });

  it("is the one of the last round when the server keeps its newest model to members", async () => {
    const set = stage();
    const refuse = async (): Promise<void> => {
      const connection = await set.server.accept();
      await connection.expect("modelRequest");
      connection.send({
        type: "failure",
        code: "MODEL_NOT_PUBLIC",
        message: "Write `publicModel: true` into the task file",
        retryAfterMs: 0,
      });
    };
    const [none] = await Promise.all([outcomeOf(set.client), refuse()]);
    expect(none).toMatchObject({ code: "MODEL_NOT_PUBLIC", retryable: false });
    expect(none).toHaveProperty("message", expect.stringContaining("publicModel: true"));
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model, { roundNumber: 6 });
    await connection.expect("configured");
    const [held] = await Promise.all([set.client.checkpoint(), refuse()]);
    expect(held).toMatchObject({ id: set.model.checkpointId, roundNumber: 5, isNewest: false });
    await reader.leave();
  });

  it("is available without asking the server, once one was verified", async () => {
    const set = stage();
    expect(set.client.heldCheckpoint()).toBeUndefined();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    connection.configure(set.model, { roundNumber: 6 });
    await connection.expect("configured");
    const held = set.client.heldCheckpoint();
    expect(held).toMatchObject({ id: set.model.checkpointId, roundNumber: 5, isNewest: false });
    held?.weights.fill(99);
    expect(set.client.heldCheckpoint()?.weights[0]).toBe(0.5);
    await reader.leave();
  });

  it("is an error when the server cannot be reached and the client holds none", async () => {
    const set = stage();
    set.server.refusing = true;
    await expect(set.client.model()).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
  });

  it("is an error when the server has none yet", async () => {
    const set = stage();
    const outcome = outcomeOf(set.client);
    const connection = await set.server.accept();
    await connection.expect("modelRequest");
    const failure = { code: "MODEL_UNAVAILABLE", message: "no task", retryAfterMs: 700 } as const;
    connection.send({ type: "failure", ...failure });
    expect(await outcome).toMatchObject({ code: "MODEL_UNAVAILABLE", retryAfterMs: 700 });
  });

  it.each<
    [
      string,
      string,
      (set: Stage, connection: ServerConnection, held: readonly ArtifactId[]) => void,
    ]
  >([
    [
      "comes with a plan that someone else has signed",
      "PLAN_SIGNATURE_INVALID",
      (set, connection, held) => {
        const planSignature = new Uint8Array(64);
        const { delivery, frames } = deliveryOf(set.model, { held, delivery: { planSignature } });
        connection.send({ type: "modelOffer", delivery, roundNumber: 1 });
        for (const frame of frames) connection.sendRaw(frame);
      },
    ],
    [
      "has other bytes than were announced",
      "ARTIFACT_HASH_MISMATCH",
      (set, connection, held) => {
        const checkpointBytes = new Uint8Array(12);
        const { delivery, frames } = deliveryOf({ ...set.model, checkpointBytes }, { held });
        connection.send({ type: "modelOffer", delivery, roundNumber: 1 });
        for (const frame of frames) connection.sendRaw(frame);
      },
    ],
    [
      "is answered with another message",
      "UNEXPECTED_MESSAGE",
      (_, connection) => connection.send({ type: "checkInAccepted" }),
    ],
  ])("is refused, even if the client holds an older one, when it %s", async (_, code, answer) => {
    const set = stage();
    const older = set.serve(set.model.plan, Float32Array.of(3, 2, 1));
    await Promise.all([set.client.checkpoint(), offer(set, older, 0)]);
    const outcome = outcomeOf(set.client);
    const connection = await set.server.accept();
    const { heldArtifacts } = await connection.expect("modelRequest");
    answer(set, connection, heldArtifacts);
    expect(await outcome).toMatchObject({ code });
  });

  it("is an error when the server falls silent", async () => {
    const set = stage();
    const outcome = outcomeOf(set.client);
    const connection = await set.server.accept();
    await connection.expect("modelRequest");
    await set.clock.untilPending(40_000);
    set.clock.advance(40_000);
    expect(await outcome).toMatchObject({ code: "TIMED_OUT" });
    expect((await connection.closed).code).toBe(4408);
  });

  it("is awaited as long as its chunks keep coming", async () => {
    const set = stage();
    const request = set.client.checkpoint();
    const connection = await set.server.accept();
    await connection.expect("modelRequest");
    const { delivery, frames } = deliveryOf(set.model);
    connection.send({ type: "modelOffer", delivery, roundNumber: 1 });
    for (const frame of frames) {
      await set.clock.untilPending(40_000);
      connection.sendRaw(frame);
      await new Promise((resolve) => setImmediate(resolve));
      set.clock.advance(40_000);
    }
    expect((await request).roundNumber).toBe(1);
  });

  it("is requested with the client's token and device proof", async () => {
    const set = stage({ token: "a.b.c", deviceKey: SEED });
    const request = outcomeOf(set.client);
    const connection = await set.server.accept();
    const { token, device } = await connection.expect("modelRequest");
    expect(token).toBe("a.b.c");
    expect(isDeviceProof(crypto, device!, connection.handshakeHash, "test")).toBe(true);
    connection.send({
      type: "failure",
      code: "DEVICE_REVOKED",
      message: "no",
      retryAfterMs: 600_000,
    });
    expect(await request).toMatchObject({ code: "DEVICE_REVOKED", retryAfterMs: 600_000 });
    expect((await connection.closed).code).toBe(1000);
  });

  it("is requested without token and proof when the app has set neither", async () => {
    const set = stage();
    const request = outcomeOf(set.client);
    const connection = await set.server.accept();
    const message = await connection.expect("modelRequest");
    expect(message.token).toBeUndefined();
    expect(message.device).toBeUndefined();
    await set.client.close();
    await request;
  });

  it("is requested once more, with a new token, when the token has expired", async () => {
    const asked: boolean[] = [];
    const token = ({ expired }: TokenRequest): string => {
      asked.push(expired);
      return `token-${asked.length}`;
    };
    const expired = {
      type: "failure",
      code: "TOKEN_EXPIRED",
      message: "no",
      retryAfterMs: 0,
    } as const;
    const set = stage({ token });
    const request = set.client.checkpoint();
    const connection = await set.server.accept();
    expect(await connection.expect("modelRequest")).toMatchObject({ token: "token-1" });
    connection.send(expired);
    expect(await connection.expect("modelRequest")).toMatchObject({ token: "token-2" });
    const { delivery, frames } = deliveryOf(set.model);
    connection.send({ type: "modelOffer", delivery, roundNumber: 1 });
    for (const frame of frames) connection.sendRaw(frame);
    expect((await request).roundNumber).toBe(1);

    const other = outcomeOf(set.client);
    const next = await set.server.accept();
    for (let turn = 0; turn < 2; turn++) {
      await next.expect("modelRequest");
      next.send(expired);
    }
    expect(await other).toMatchObject({ code: "TOKEN_EXPIRED" });
    expect(asked).toEqual([false, true, false, true]);
  });

  it("is an error when the app's token function fails, even if the client holds an older one", async () => {
    let isDown = false;
    const token = (): Promise<string> =>
      isDown ? Promise.reject(new Error("backend is down")) : Promise.resolve("x");
    const set = stage({ token });
    await Promise.all([set.client.checkpoint(), offer(set, set.model, 0)]);
    isDown = true;
    const request = outcomeOf(set.client);
    const connection = await set.server.accept();
    expect((await connection.closed).code).toBe(1000);
    expect(await request).toMatchObject({
      code: "ENROLMENT_REQUIRED",
      message: expect.stringContaining("backend is down") as string,
    });
  });

  it("is no longer awaited when the app's signal is aborted or the client is closed", async () => {
    const set = stage();
    const controller = new AbortController();
    const request = set.client.checkpoint({ signal: controller.signal });
    const connection = await set.server.accept();
    controller.abort();
    await expect(request).rejects.toMatchObject({ code: "ABORTED" });
    expect((await connection.closed).code).toBe(1000);
    expect(set.clock.pendingDelaysMs).toEqual([]);

    const other = outcomeOf(set.client);
    await set.server.accept();
    await set.client.close();
    expect(await other).toMatchObject({ code: "ABORTED" });
    expect(await outcomeOf(set.client)).toMatchObject({ code: "BAD_PARAMETER" });
  });
});
