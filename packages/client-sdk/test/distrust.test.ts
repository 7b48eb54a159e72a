import {
  PROTOCOL_CONSTANTS,
  ERROR_CODES,
  type TributaryError,
  encodeFrame,
  isTributaryError,
  planIdOf,
  signPlan,
  utf8,
  type ErrorCode,
  type RoundId,
  type ServerMessage,
} from "@tributary/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ParticipationEvent } from "../src/index.ts";
import { linearPlan, widePlan, type ServedModel } from "./support/linear-task.ts";
import { begin, stage, type Reader, type Stage } from "./support/participant.ts";
import {
  ScriptedServer,
  crypto,
  deliveryOf,
  type ConfigureOptions,
  type ServerConnection,
} from "./support/scripted-server.ts";

// The error with which participation ended.
async function thrownBy(ended: Promise<void>): Promise<TributaryError> {
  const error: unknown = await ended.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (isTributaryError(error)) return error;
  throw new Error("participation did not end with an error");
}

/** Brings a client into a round and delivers something that an honest server would not send. */
async function configured(
  set: Stage,
  model: ServedModel,
  options?: ConfigureOptions,
): Promise<{ readonly reader: Reader; readonly connection: ServerConnection }> {
  const started = await begin(set);
  await started.connection.checkIn();
  started.connection.configure(model, options);
  return started;
}

/**
 * Expects that the client withdraws with `code`, tells the app, keeps its connection and checks in
 * again.
 */
async function expectWithdrawal(
  set: Stage,
  { reader, connection }: { readonly reader: Reader; readonly connection: ServerConnection },
  code: ErrorCode,
): Promise<Extract<ParticipationEvent, { type: "withdrawn" }>> {
  const withdrawal = await nextWithdrawal(connection);
  expect(withdrawal.code).toBe(code);
  const event = await reader.until("withdrawn");
  expect(event.error.code).toBe(code);
  await set.clock.untilPending(event.retryInMs);
  set.clock.advance(event.retryInMs);
  await connection.checkIn();
  expect(set.server.connections).toHaveLength(1);
  await reader.leave();
  return event;
}

async function nextWithdrawal(
  connection: ServerConnection,
): Promise<{ readonly code: ErrorCode; readonly message: string }> {
  for (;;) {
    const message = await connection.receive();
    if (message.type === "withdraw") return message;
  }
}

/**
 * Expects that the client closes the connection with the close code of `code`, and connects again
 * after a wait.
 */
async function expectDisconnection(
  set: Stage,
  { reader, connection }: { readonly reader: Reader; readonly connection: ServerConnection },
  code: ErrorCode,
): Promise<void> {
  const event = await reader.until("disconnected");
  expect(event.error.code).toBe(code);
  expect((await connection.closed).code).toBe(ERROR_CODES[code].close ?? 1000);
  await set.clock.untilPending(event.retryInMs);
  set.clock.advance(event.retryInMs);
  await (await set.server.accept()).checkIn();
  await reader.until("checked-in");
  await reader.leave();
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = bytes.slice();
  copy[at]! ^= 1;
  return copy;
};

describe("the server's key", () => {
  it("ends participation when the server does not hold the pinned key", async () => {
    const other = new ScriptedServer(2);
    const set = stage({ serverKey: other.key });
    const ended = set.participate().end();
    const connection = await set.server.arrival();
    await expect(connection.shakeHands()).rejects.toMatchObject({ code: "HANDSHAKE_FAILED" });
    connection.socket.close(4401, "HANDSHAKE_FAILED");
    expect(await thrownBy(ended)).toMatchObject({ code: "SERVER_KEY_MISMATCH" });
  });

  it("ends participation when the handshake's answer does not prove the pinned key", async () => {
    const set = stage();
    const ended = set.participate().end();
    const connection = await set.server.arrival();
    await connection.shakeHands(() => new Uint8Array(48).fill(7));
    expect(await thrownBy(ended)).toMatchObject({ code: "SERVER_KEY_MISMATCH" });
    expect((await connection.closed).code).toBe(4401);
  });

  it("is refused by the constructor when it is not a key", () => {
    expect(() => stage({ serverKey: "tributary-key-v1:AAAA" })).toThrow(/server key/);
  });
});

describe("the protocol's version", () => {
  it("ends participation when the server names a version that is too new", async () => {
    const set = stage();
    const ended = set.participate().end();
    const connection = await set.server.arrival();
    await connection.greet({ version: 2 });
    expect(await thrownBy(ended)).toMatchObject({ code: "VERSION_UNSUPPORTED" });
    expect((await connection.closed).code).toBe(4426);
  });

  it("ends participation when the server names a version below the client's floor", async () => {
    const set = stage();
    const ended = set.participate().end();
    await (await set.server.arrival()).greet({ version: 0 });
    expect(await thrownBy(ended)).toMatchObject({ code: "VERSION_UNSUPPORTED" });
  });

  it("ends participation when the server has no version that the client accepts", async () => {
    const set = stage();
    const ended = set.participate().end();
    const connection = await set.server.arrival();
    await connection.shakeHands();
    const hello = await connection.expect("hello");
    expect(hello).toMatchObject({ oldestVersion: 1, newestVersion: 1 });
    expect(hello.software).toMatch(/^tributary-js\/\d/);
    const failure = { code: "VERSION_UNSUPPORTED", message: "too old" } as const;
    connection.send({ type: "failure", ...failure, retryAfterMs: 0 });
    expect(await thrownBy(ended)).toMatchObject({ code: "VERSION_UNSUPPORTED" });
  });
});

describe("a plan", () => {
  it("makes the client withdraw and stop when its signature was not made by the pinned key", async () => {
    const set = stage();
    const { reader, connection } = await configured(set, set.model, {
      delivery: { planSignature: flipped(set.model.planSignature, 10) },
    });
    const ended = thrownBy(reader.end());
    expect((await nextWithdrawal(connection)).code).toBe("PLAN_SIGNATURE_INVALID");
    expect((await ended).code).toBe("PLAN_SIGNATURE_INVALID");
    expect(reader.types).toContain("withdrawn");
    expect(set.trainer.trainings).toBe(0);
  });

  it("makes the client stop when it was signed by another server", async () => {
    const set = stage();
    const { secrets } = new ScriptedServer(5);
    const planSignature = signPlan(crypto, secrets.signingSeed, set.model.planBytes);
    const { reader, connection } = await configured(set, { ...set.model, planSignature });
    const ended = thrownBy(reader.end());
    await nextWithdrawal(connection);
    expect((await ended).code).toBe("PLAN_SIGNATURE_INVALID");
  });

  it("is not parsed when its bytes are not those that were announced", async () => {
    const set = stage();
    const planBytes = flipped(set.model.planBytes, 20);
    const started = await configured(set, { ...set.model, planBytes });
    await expectWithdrawal(set, started, "ARTIFACT_HASH_MISMATCH");
  });

  it("is refused when it is not canonical, even if it is signed", async () => {
    const set = stage();
    const planBytes = utf8(JSON.stringify(linearPlan(), null, 1));
    const model: ServedModel = {
      ...set.model,
      planBytes,
      planId: planIdOf(crypto, planBytes),
      planSignature: signPlan(crypto, set.server.secrets.signingSeed, planBytes),
    };
    await expectWithdrawal(set, await configured(set, model), "PLAN_INVALID");
  });

  it("is refused when it is for another population or task", async () => {
    for (const plan of [linearPlan({ population: "other" }), linearPlan({ task: "other" })]) {
      const set = stage();
      const model = set.serve(plan, new Float32Array(3));
      const started = await configured(set, model, { taskName: "line" });
      const { error } = await expectWithdrawal(set, started, "PLAN_REFUSED");
      expect(error.message).toMatch(/other/);
    }
  });

  it("is refused for the size of its model, even if the announced checkpoint is short", async () => {
    const set = stage({ floors: { maximumParameters: 100 } });
    const model = { ...set.serve(widePlan(101), new Float32Array(101)) };
    const checkpoint = { id: set.model.checkpointId, byteLength: 12 };
    const started = await configured(set, model, { delivery: { checkpoint } });
    await expectWithdrawal(set, started, "PLAN_REFUSED");
  });

  it.each([
    ["plan", { plan: { byteLength: 4_194_305 } }],
    ["plan", { plan: { byteLength: 0 } }],
    ["checkpoint", { checkpoint: { byteLength: 4_294_967_295 } }],
    ["checkpoint", { checkpoint: { byteLength: 0 } }],
  ] as const)(
    "is refused when the announced size of the %s is out of range",
    async (_, changed) => {
      const set = stage();
      const { delivery } = deliveryOf(set.model);
      const plan = { ...delivery.plan, ...("plan" in changed ? changed.plan : {}) };
      const checkpoint = {
        ...delivery.checkpoint,
        ...("checkpoint" in changed ? changed.checkpoint : {}),
      };
      const started = await configured(set, set.model, {
        delivery: { plan, checkpoint },
        frames: () => [],
      });
      await expectWithdrawal(set, started, "PLAN_REFUSED");
    },
  );
});

describe("a checkpoint", () => {
  it("is refused when its bytes are not those that were announced", async () => {
    const set = stage();
    const checkpointBytes = flipped(set.model.checkpointBytes, 1);
    const started = await configured(set, { ...set.model, checkpointBytes });
    await expectWithdrawal(set, started, "ARTIFACT_HASH_MISMATCH");
  });

  it("is refused when it has another size than the plan's model", async () => {
    const set = stage();
    const other = set.serve(widePlan(4), new Float32Array(4));
    const { checkpointBytes, checkpointId } = other;
    const started = await configured(set, { ...set.model, checkpointBytes, checkpointId });
    await expectWithdrawal(set, started, "CHECKPOINT_CORRUPT");
  });

  it("is refused when a value is not finite", async () => {
    const set = stage();
    const model = set.serve(linearPlan(), Float32Array.of(0, Number.NaN, 0));
    await expectWithdrawal(set, await configured(set, model), "CHECKPOINT_CORRUPT");
  });

  it("is refused when a chunk was altered, and later chunks are dropped", async () => {
    const set = stage();
    const model = set.serve(widePlan(200_000), new Float32Array(200_000));
    const started = await configured(set, model, {
      frames: (frames) => frames.map((frame, i) => (i === 1 ? flipped(frame, 100) : frame)),
    });
    await expectWithdrawal(set, started, "ARTIFACT_CHUNK_INVALID");
  });

  it("is refused when it comes before the plan", async () => {
    const set = stage();
    const started = await configured(set, set.model, { frames: ([a, b]) => [b!, a!] });
    await expectWithdrawal(set, started, "ARTIFACT_CHUNK_INVALID");
  });

  it("is refused when its chunks cannot be decrypted with the announced key", async () => {
    const set = stage();
    const started = await configured(set, set.model, {
      frames: () => deliveryOf(set.model, { delivery: { key: new Uint8Array(32) } }).frames,
    });
    await expectWithdrawal(set, started, "ARTIFACT_CHUNK_INVALID");
  });
});

describe("a client whose training fails", () => {
  it("withdraws when the update is not finite", async () => {
    const set = stage();
    set.trainer.spoil = (result) => ({ ...result, weights: Float32Array.of(0, Number.NaN, 0) });
    await expectWithdrawal(set, await configured(set, set.model), "UPDATE_NOT_FINITE");
  });

  it("withdraws when the loss is not finite", async () => {
    const set = stage();
    set.trainer.spoil = (result) => ({ ...result, metrics: { loss: Number.POSITIVE_INFINITY } });
    await expectWithdrawal(set, await configured(set, set.model), "TRAINING_FAILED");
  });

  it("withdraws when the trainer throws, and tells the server only the error's code", async () => {
    const set = stage();
    set.trainer.gate = () => Promise.reject(new Error("/home/ann/letters/7.txt is odd"));
    const { reader, connection } = await configured(set, set.model);
    const withdrawal = await nextWithdrawal(connection);
    expect(withdrawal).toMatchObject({ code: "TRAINING_FAILED", message: "" });
    const { error } = await reader.until("withdrawn");
    expect(error.message).toContain("letters/7.txt");
    await reader.leave();
  });

  it("withdraws when the example store fails, and tells the server only the error's code", async () => {
    const examples = {
      count: () => Promise.resolve(3),
      load: () => Promise.reject(new Error("Ann's letters cannot be read")),
    };
    const set = stage({ examples });
    const { reader, connection } = await configured(set, set.model);
    expect(await nextWithdrawal(connection)).toMatchObject({
      code: "EXAMPLES_INVALID",
      message: "",
    });
    await reader.until("withdrawn");
    await reader.leave();
  });
});

describe("bytes that do not belong to the protocol", () => {
  it.each<[string, ErrorCode, (connection: ServerConnection) => void]>([
    ["an empty frame", "MALFORMED_FRAME", (to) => to.sendRaw(new Uint8Array(0))],
    ["a frame of unknown kind", "MALFORMED_FRAME", (to) => to.sendRaw(Uint8Array.of(9, 1, 2))],
    [
      "a record that does not authenticate",
      "MALFORMED_FRAME",
      (to) => to.sendRaw(new Uint8Array(40).fill(1)),
    ],
    [
      "a record that is no message",
      "MALFORMED_FRAME",
      (to) => to.sendRecord(Uint8Array.of(255, 255)),
    ],
    ["a message without a body", "MALFORMED_FRAME", (to) => to.sendRecord(new Uint8Array(0))],
    ["a text message", "MALFORMED_FRAME", (to) => to.socket.sendText()],
    [
      "a frame above the limit",
      "FRAME_TOO_LARGE",
      (to) => to.sendRaw(new Uint8Array(PROTOCOL_CONSTANTS.maxServerFrameBytes + 1).fill(2)),
    ],
    ["a second handshake", "UNEXPECTED_MESSAGE", (to) => to.sendRaw(new Uint8Array(49))],
    [
      "a sealed chunk that nothing announced",
      "UNEXPECTED_MESSAGE",
      (to) =>
        to.sendRaw(
          encodeFrame({
            kind: "sealedChunk",
            artifact: "plan",
            index: 0,
            body: new Uint8Array(20),
          }),
        ),
    ],
  ])("close the connection, which is made anew: %s", async (_, code, send) => {
    const set = stage();
    const started = await begin(set);
    await started.connection.checkIn();
    send(started.connection);
    await expectDisconnection(set, started, code);
  });

  it("close the connection when they arrive in place of the handshake", async () => {
    const set = stage();
    const reader = set.participate();
    const event = reader.until("disconnected");
    const connection = await set.server.arrival();
    connection.sendRaw(Uint8Array.of(1, 2, 3));
    expect((await event).error.code).toBe("UNEXPECTED_MESSAGE");
    await reader.leave();
  });

  it("close the connection when more chunks arrive than were announced", async () => {
    const set = stage();
    set.trainer.gate = () => new Promise(() => {});
    const started = await configured(set, set.model, {
      frames: (frames) => [...frames, frames[1]!],
    });
    await expectDisconnection(set, started, "UNEXPECTED_MESSAGE");
  });
});

const ROUND = "rnd_00000000000000ff" as RoundId;
const UNEXPECTED: readonly ServerMessage[] = [
  { type: "welcome", version: 1, sessionId: "ses_1" as never },
  { type: "checkInAccepted" },
  { type: "reportGrant", roundId: ROUND },
  { type: "reportResult", roundId: ROUND, refused: undefined },
];

describe("a message that the state does not allow", () => {
  it.each(UNEXPECTED)("closes the connection while waiting: $type", async (message) => {
    const set = stage();
    const started = await begin(set);
    await started.connection.checkIn();
    started.connection.send(message);
    await expectDisconnection(set, started, "UNEXPECTED_MESSAGE");
  });

  it.each(UNEXPECTED)("closes the connection while training: $type", async (message) => {
    const set = stage();
    set.trainer.gate = (_, signal) =>
      new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(new Error("stopped"))),
      );
    const started = await configured(set, set.model);
    await started.connection.expect("configured");
    started.connection.send(message);
    await expectDisconnection(set, started, "UNEXPECTED_MESSAGE");
  });

  it("closes the connection when the server accepts a report that was not sent", async () => {
    const set = stage();
    const started = await begin(set);
    await started.connection.checkIn();
    const { roundId } = started.connection.configure(set.model);
    await started.connection.expect("configured");
    await started.connection.expect("reportBegin");
    started.connection.accept(roundId);
    await expectDisconnection(set, started, "UNEXPECTED_MESSAGE");
  });

  it("ends the session when it is a failure with a close code, and waits as long as it says", async () => {
    const set = stage();
    const { reader, connection } = await begin(set);
    await connection.checkIn();
    const failure = {
      code: "SERVER_STOPPING",
      message: "going down",
      retryAfterMs: 90_000,
    } as const;
    connection.send({ type: "failure", ...failure });
    const { error, retryInMs } = await reader.until("disconnected");
    expect(error.code).toBe("SERVER_STOPPING");
    expect(retryInMs).toBe(90_000);
    await reader.leave();
  });
});

describe("arbitrary bytes in a record", () => {
  it("make the client connect again or are ignored, and never cause an unhandled error", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
        async (records) => {
          const set = stage();
          const { reader, connection } = await begin(set);
          await connection.checkIn();
          for (const record of records) connection.sendRecord(record);
          connection.socket.close(1001, "");
          const { error } = await reader.until("disconnected");
          expect(["CONNECTION_LOST", "MALFORMED_FRAME", "UNEXPECTED_MESSAGE"]).toContain(
            error.code,
          );
          await reader.leave();
        },
      ),
      { seed: 11, numRuns: 60 },
    );
  });
});
