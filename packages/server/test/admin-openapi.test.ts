import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { taskJsonSchema } from "@tributary/protocol";
import { at, smallTask, startAdmin, textAt } from "./admin-harness.ts";

describe("/openapi.json", () => {
  it("is valid OpenAPI 3.1", async () => {
    const admin = await startAdmin();
    const { json } = await admin.ask("GET", "/openapi.json");
    const validator = new Validator();
    const { valid, errors } = await validator.validate(json as Record<string, unknown>);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(validator.version).toBe("3.1");
  });

  it("has exactly the routes of the table", async () => {
    const admin = await startAdmin();
    const { json } = await admin.ask("GET", "/openapi.json");
    const documented = Object.entries(at(json, "paths") as object).flatMap(([path, item]) =>
      Object.keys(item as object).map((method) => `${method} ${path}`),
    );
    const table = admin.routes.map(({ method, path }) => `${method} ${path}`);
    expect(documented.sort()).toEqual(table.sort());
    const operations = admin.routes.map((route) => route.operation);
    expect(new Set(operations).size).toBe(operations.length);
  });

  it("describes the parameters of each path", async () => {
    const admin = await startAdmin();
    const { json } = await admin.ask("GET", "/openapi.json");
    for (const { method, path } of admin.routes) {
      const parameters = (at(json, "paths", path, method, "parameters") ?? []) as readonly object[];
      const inPath = parameters
        .filter((parameter) => at(parameter, "in") === "path")
        .map((parameter) => at(parameter, "name"));
      expect(inPath).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    }
  });

  it("refers only to schemas that it contains, among them that of the task file", async () => {
    const admin = await startAdmin();
    const { json, text } = await admin.ask("GET", "/openapi.json");
    const schemas = at(json, "components", "schemas") as Readonly<Record<string, object>>;
    const references = new Set([...text.matchAll(/"\$ref":"([^"]*)"/g)].map((match) => match[1]!));
    const known = Object.keys(schemas).map((name) => `#/components/schemas/${name}`);
    expect([...references].filter((reference) => !known.includes(reference))).toEqual([]);
    expect(known.filter((name) => !references.has(name))).toEqual([]);
    expect(taskJsonSchema()).toMatchObject(schemas["TaskDefinition"]!);
  });

  it("requires a token for every route except the probes and the document itself", async () => {
    const admin = await startAdmin({ token: "a".repeat(16) });
    const { json } = await admin.ask("GET", "/openapi.json");
    expect(at(json, "security")).toEqual([{ token: [] }]);
    for (const { method, path, open } of admin.routes) {
      const operation = at(json, "paths", path, method);
      expect([path, at(operation, "security")]).toEqual([path, open ? [] : undefined]);
      expect(at(operation, "responses", "401") !== undefined).toBe(!open);
    }
  });
});

describe("the route table", () => {
  it("says that every body is required, and names the header that makes a creation safe to repeat", async () => {
    const admin = await startAdmin();
    const { json } = await admin.ask("GET", "/openapi.json");
    for (const { method, path, body } of admin.routes) {
      const required = at(json, "paths", path, method, "requestBody", "required");
      expect([path, required]).toEqual([path, body === undefined ? undefined : true]);
    }
    expect(at(json, "paths", "/v1/tasks", "post", "parameters")).toMatchObject([
      { name: "idempotency-key", in: "header", required: false },
    ]);
  });

  // The harness compares each answer with the table: its status, its content type, and every field
  // of the JSON.
  it("describes the answers of every route", async () => {
    const admin = await startAdmin();
    const { json } = await admin.post("/v1/tasks", { definition: smallTask() });
    const task = `/v1/tasks/${textAt(json, "id")}`;
    for (const verb of ["start", "pause", "start"]) {
      expect((await admin.post(`${task}/${verb}`)).status).toBe(200);
    }
    const round = await admin.runRound("writers");
    const checkpoint = `/v1/checkpoints/${round.checkpoint}`;
    expect((await admin.post(`${task}/evaluate`, { roundNumber: 0 })).status).toBe(200);
    const measured = { roundNumber: 1, exampleCount: 9, metrics: { loss: 1, accuracy: 0.5 } };
    expect((await admin.post(`${task}/evaluations`, measured)).status).toBe(201);
    const wrong = await admin.post(`${task}/evaluations`, { ...measured, metrics: { loss: 1 } });
    expect([wrong.status, at(wrong.json, "error", "code")]).toEqual([422, "METRICS_INVALID"]);
    expect((await admin.post(`${task}/rollback`, { roundNumber: 0 })).status).toBe(200);
    for (const path of [
      "/healthz",
      "/readyz",
      "/metrics",
      "/openapi.json",
      "/v1/info",
      "/v1/task-schema.json",
      "/v1/tasks",
      task,
      `${task}/rounds`,
      `${task}/checkpoints`,
      `${task}/checkpoints/latest`,
      `/v1/rounds/${round.id}`,
      checkpoint,
      `${checkpoint}/weights`,
      `${checkpoint}/tfjs/model.json`,
      `${checkpoint}/tfjs/weights.bin`,
    ]) {
      expect([path, (await admin.ask("GET", path)).status]).toEqual([path, 200]);
    }
    expect((await admin.post(`${task}/cancel`)).status).toBe(200);
    const population = "/v1/populations/writers";
    const put = { headers: { "content-type": "application/json" }, body: '{"enrolment":"device"}' };
    expect((await admin.ask("PUT", population, put)).status).toBe(200);
    await admin.storage.access.addDevice({
      population: "writers",
      id: "phone",
      publicKey: new Uint8Array(32),
      voucher: null,
      registeredAtMs: 1,
      revokedAtMs: null,
    });
    for (const path of ["/v1/populations", population, `${population}/devices`]) {
      expect([path, (await admin.ask("GET", path)).status]).toEqual([path, 200]);
    }
    expect((await admin.post(`${population}/devices/phone/revoke`)).status).toBe(200);
    const token = await admin.post("/v1/tokens", { name: "all", role: "admin" });
    const headers = { authorization: `Bearer ${textAt(token.json, "token")}` };
    for (const path of ["/v1/tokens", "/v1/audit"]) {
      expect([path, (await admin.ask("GET", path, { headers })).status]).toEqual([path, 200]);
    }
    const revoke = `/v1/tokens/${textAt(token.json, "id")}/revoke`;
    const authorized = { ...headers, "content-type": "application/json" };
    expect((await admin.ask("POST", revoke, { headers: authorized, body: "{}" })).status).toBe(200);
    const all = admin.routes.map((route) => route.operation);
    expect(all.filter((operation) => !admin.asked.has(operation))).toEqual([]);
  });

  it("has a route that returns the JSON Schema of a task file", async () => {
    const admin = await startAdmin();
    const answer = await admin.ask("GET", "/v1/task-schema.json");
    expect(answer.headers["content-type"]).toMatch(/^application\/schema\+json/);
    expect(answer.json).toEqual(taskJsonSchema());
  });

  it("has a route that returns the URL that clients connect to and the key that they pin", async () => {
    const admin = await startAdmin();
    expect((await admin.ask("GET", "/v1/info")).json).toMatchObject({
      gatewayUrl: "ws://127.0.0.1:7000",
      serverKey: expect.stringMatching(/^tributary-key-v1:/) as string,
      protocolVersions: { oldest: 1, newest: 1 },
      builtinModels: expect.arrayContaining(["mcmahan-2nn"]) as string[],
    });
  });
});
