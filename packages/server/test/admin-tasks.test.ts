import { describe, expect, it } from "vitest";
import {
  at,
  smallTask,
  startAdmin,
  textAt,
  type AdminHarness,
  type Answer,
} from "./admin-harness.ts";

describe("the admin API for tasks", () => {
  it("creates a task of a builtin model and answers with its path", async () => {
    const admin = await startAdmin();
    const created = await admin.post("/v1/tasks", { definition: smallTask() });
    const id = textAt(created.json, "id");

    expect(created.status).toBe(201);
    expect(created.headers.location).toBe(`/v1/tasks/${id}`);
    expect(created.json).toMatchObject({
      name: "digits",
      state: "created",
      definition: { model: { builtin: "logistic-regression" }, stop: { rounds: 3 } },
      progress: { phase: "idle", committedRounds: 0, waitingClients: 0 },
      endReason: null,
      pauseReason: null,
      best: null,
      lastRound: null,
      warnings: [],
    });
    expect((await admin.ask("GET", `/v1/tasks/${id}`)).json).toEqual(created.json);
    const {
      lastRound: _,
      best: __,
      warnings: ___,
      inFlight: ____,
      ...summary
    } = created.json as {
      lastRound: null;
      best: null;
      warnings: string[];
      inFlight: null;
    };
    expect((await admin.ask("GET", "/v1/tasks")).json).toEqual({ tasks: [summary] });
  });

  it("warns when an update takes longer at the lowest rate than its round allows", async () => {
    // The update of this model has 31,400 bytes.
    const admin = await startAdmin({ limits: { minUploadBytesPerSecond: 314 } });
    const withTimeout = async (reportingTimeoutMs: number): Promise<unknown> => {
      const round = { goalCount: 1, reportingTimeoutMs };
      const created = await admin.post("/v1/tasks", { definition: smallTask({ round }) });
      return at(created.json, "warnings");
    };
    expect(await withTimeout(103_000)).toEqual([]);
    expect(await withTimeout(102_999)).toEqual([
      "An update of up to 31,400 bytes takes 103 s at 314 bytes a second, the lowest rate of an " +
        "upload. The round's reportingTimeoutMs allows 103 s for that and for the training before " +
        "it. Raise it, or choose an update codec with a smaller payload.",
    ]);
  });

  it("creates one task for requests with the same idempotency key, also after a restart", async () => {
    const admin = await startAdmin();
    const create = (
      server: AdminHarness,
      key: string,
      changes: Readonly<Record<string, unknown>> = {},
      start = false,
    ): Promise<Answer> =>
      server.ask("POST", "/v1/tasks", {
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify({ definition: smallTask(changes), start }),
      });
    const answers = await Promise.all([1, 2, 3].map(() => create(admin, "order-1")));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    const ids = new Set(answers.map(({ json }) => at(json, "id")));
    const restarted = await startAdmin({ storage: admin.storage });
    ids.add(at((await create(restarted, "order-1")).json, "id"));
    expect(ids.size).toBe(1);

    const reused = await create(restarted, "order-1", { name: "another" });
    expect(reused.status).toBe(422);
    expect(at(reused.json, "error", "code")).toBe("ADMIN_KEY_REUSED");
    expect((await create(restarted, "order-1", {}, true)).status).toBe(422);
    const second = await create(restarted, "order-2");
    expect(ids.has(at(second.json, "id"))).toBe(false);
    expect(await admin.storage.rounds.tasks()).toHaveLength(2);
    for (const key of ["", "a b", "x".repeat(256)]) {
      expect((await create(restarted, key)).status).toBe(400);
    }
  });

  it("starts a task that a first request with its key has created and not started", async () => {
    const admin = await startAdmin();
    const ask = (): Promise<Answer> =>
      admin.ask("POST", "/v1/tasks", {
        headers: { "content-type": "application/json", "idempotency-key": "k" },
        body: JSON.stringify({ definition: smallTask(), start: true }),
      });
    const { startTask } = admin.deps.coordinator;
    admin.deps.coordinator.startTask = () => Promise.reject(new Error("The server stops here"));
    expect((await ask()).status).toBe(500);
    admin.deps.coordinator.startTask = startTask;
    expect(at((await ask()).json, "state")).toBe("running");
    expect(at((await ask()).json, "state")).toBe("running");
    expect(await admin.storage.rounds.tasks()).toHaveLength(1);
  });

  it("starts a task at once when it is asked to", async () => {
    const admin = await startAdmin();
    const { json } = await admin.post("/v1/tasks", { definition: smallTask(), start: true });
    expect(at(json, "state")).toBe("running");
    expect(at(json, "progress", "phase")).toBe("selecting");
  });

  it("starts, pauses, starts again and cancels a task", async () => {
    const admin = await startAdmin();
    const created = await admin.post("/v1/tasks", { definition: smallTask() });
    const path = `/v1/tasks/${textAt(created.json, "id")}`;
    for (const [verb, state] of [
      ["start", "running"],
      ["pause", "paused"],
      ["start", "running"],
      ["cancel", "cancelled"],
    ]) {
      const answer = await admin.post(`${path}/${verb}`);
      expect(answer.status).toBe(200);
      expect(at(answer.json, "state")).toBe(state);
      expect(at((await admin.ask("GET", path)).json, "state")).toBe(state);
    }
    const late = await admin.post(`${path}/start`);
    expect(late.status).toBe(409);
    expect(late.json).toMatchObject({ error: { code: "TASK_STATE_CONFLICT" } });
  });

  it("names the unknown key of a task and the known key that is nearest to it", async () => {
    const admin = await startAdmin();
    const { status, json } = await admin.post("/v1/tasks", {
      definition: smallTask({ plan: { bachSize: 10 } }),
    });
    expect(status).toBe(422);
    expect(json).toMatchObject({
      error: {
        code: "TASK_INVALID",
        message: expect.stringContaining("plan.bachSize") as string,
        remedy: expect.stringContaining("batchSize") as string,
        context: { path: "plan.bachSize" },
      },
    });
  });

  it("refuses a task whose data contract does not fit its model", async () => {
    const admin = await startAdmin();
    const examples = {
      features: [{ type: "numeric", name: "age" }],
      label: { name: "outcome", classes: ["well", "ill"] },
    };
    const { status, json } = await admin.post("/v1/tasks", { definition: smallTask({ examples }) });
    expect(status).toBe(422);
    expect(json).toMatchObject({
      error: { code: "TASK_INVALID", context: { path: "examples.features" } },
    });
    expect(await admin.storage.rounds.tasks()).toEqual([]);
  });

  it("refuses a task whose model is a file that was not sent", async () => {
    const admin = await startAdmin();
    const { status, json } = await admin.post("/v1/tasks", {
      definition: smallTask({ model: { path: "../secret/model.json" } }),
    });
    expect(status).toBe(422);
    expect(textAt(json, "error", "remedy")).toContain("tributary task create");
    expect(await admin.storage.rounds.tasks()).toEqual([]);
  });

  it("refuses a plan that trains a layer that the model does not have", async () => {
    const admin = await startAdmin();
    const { status, json } = await admin.post("/v1/tasks", {
      definition: smallTask({ plan: { trainable: ["no_such_layer"] } }),
    });
    expect(status).toBe(422);
    expect(at(json, "error", "code")).toBe("PLAN_INVALID");
  });

  it("refuses unknown keys beside the definition", async () => {
    const admin = await startAdmin();
    const { status, json } = await admin.post("/v1/tasks", {
      definition: smallTask(),
      begin: true,
    });
    expect(status).toBe(400);
    expect(textAt(json, "error", "message")).toContain("begin");
  });

  it("answers 404 for an unknown task and 400 for a text that is not a task id", async () => {
    const admin = await startAdmin();
    const missing = "/v1/tasks/task_00000000000000000000000000000000";
    for (const path of [missing, `${missing}/rounds`, `${missing}/checkpoints`]) {
      const answer = await admin.ask("GET", path);
      expect(answer.status).toBe(404);
      expect(at(answer.json, "error", "code")).toBe("TASK_UNKNOWN");
    }
    expect((await admin.post(`${missing}/start`)).status).toBe(404);
    expect((await admin.ask("GET", "/v1/tasks/digits")).status).toBe(400);
    expect((await admin.ask("GET", "/v1/tasks/%ff")).status).toBe(400);
  });

  it.each([
    ["not JSON", "{", 400, "BAD_PARAMETER"],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22]), 400, "BAD_PARAMETER"],
    ["of another form", "[]", 400, "BAD_PARAMETER"],
    ["without a definition", "{}", 422, "TASK_INVALID"],
    ["too large", `"${"x".repeat(5_000)}"`, 413, "ADMIN_BODY_TOO_LARGE"],
  ])("refuses a body that is %s", async (_what, body, status, code) => {
    const admin = await startAdmin({ constants: { maxPlanBytes: 4_096 } });
    const answer = await admin.ask("POST", "/v1/tasks", {
      headers: { "content-type": "application/json; charset=utf-8" },
      body,
    });
    expect(answer.status).toBe(status);
    expect(at(answer.json, "error", "code")).toBe(code);
  });

  it("refuses a body of another content type, compressed, or without a type", async () => {
    const admin = await startAdmin();
    for (const headers of [
      { "content-type": "text/plain" },
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-type": "application/json", "content-encoding": "gzip" },
      {},
    ]) {
      const answer = await admin.ask("POST", "/v1/tasks", { headers, body: "{}" });
      expect(answer.status).toBe(415);
      expect(at(answer.json, "error", "code")).toBe("ADMIN_BODY_TYPE");
    }
  });
});
