import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { taskId } from "@tributary/protocol";
import { describe, expect, it, vi } from "vitest";
import { createAdminApp } from "../src/admin/admin-app.ts";
import { silentLogger, type Logger } from "../src/runtime/logger.ts";
import { at, smallTask, startAdmin, textAt } from "./admin-harness.ts";

const TOKEN = "correct horse battery".replaceAll(" ", "-");
const JSON_BODY = { "content-type": "application/json" };

describe("an admin API with a token", () => {
  it("answers a request without a token only at its probes and its description", async () => {
    const admin = await startAdmin({ token: TOKEN });
    for (const route of admin.routes) {
      const path = route.path.replace("{id}", "task_00000000000000000000000000000000");
      const answer = await admin.ask(route.method.toUpperCase(), path, {
        headers: { authorization: "", ...JSON_BODY },
      });
      expect([route.path, answer.status]).toEqual([route.path, route.open ? 200 : 401]);
      if (route.open) continue;
      expect(at(answer.json, "error", "code")).toBe("ADMIN_UNAUTHORIZED");
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="tributary"');
    }
    const open = admin.routes.filter((route) => route.open).map((route) => route.path);
    expect(open).toEqual(["/healthz", "/readyz", "/openapi.json"]);
  });

  it.each([
    ["another token", `Bearer ${TOKEN}x`],
    ["a beginning of the token", `Bearer ${TOKEN.slice(0, -1)}`],
    ["another scheme", `Basic ${TOKEN}`],
    ["the bare token", TOKEN],
    ["an empty token", "Bearer "],
  ])("refuses %s", async (_what, authorization) => {
    const admin = await startAdmin({ token: TOKEN });
    const answer = await admin.ask("GET", "/v1/info", { headers: { authorization } });
    expect(answer.status).toBe(401);
  });

  it("accepts the token under any host name and from pages of any origin", async () => {
    const admin = await startAdmin({ token: TOKEN });
    const answer = await admin.ask("POST", "/v1/tasks", {
      headers: { ...JSON_BODY, host: "admin.example", origin: "https://dashboard.example" },
      body: JSON.stringify({ definition: smallTask() }),
    });
    expect(answer.status).toBe(201);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("does not tell a stranger which paths exist or which methods they take", async () => {
    const admin = await startAdmin({ token: TOKEN });
    const headers = { authorization: "" };
    expect((await admin.ask("GET", "/nothing", { headers })).status).toBe(401);
    expect((await admin.ask("DELETE", "/v1/tasks", { headers })).status).toBe(401);
    expect((await admin.ask("OPTIONS", "/v1/tasks", { headers })).status).toBe(401);
  });

  it("tells everyone which methods its probes and its description take", async () => {
    const admin = await startAdmin({ token: TOKEN });
    for (const { path } of admin.routes.filter((route) => route.open)) {
      const answer = await admin.ask("DELETE", path, { headers: { authorization: "" } });
      expect([path, answer.status, answer.headers["allow"]]).toEqual([path, 405, "GET"]);
    }
  });

  it("refuses an empty token", async () => {
    const { deps } = await startAdmin();
    expect(() => createAdminApp({ ...deps, token: "" })).toThrow(/token is empty/);
  });
});

describe("an admin API without a token", () => {
  it.each(["localhost", "LOCALHOST:80", "127.0.0.1:9999", "127.1.2.3", "[::1]:8080"])(
    "answers under the loopback name %s",
    async (host) => {
      const admin = await startAdmin();
      expect((await admin.ask("GET", "/v1/info", { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.1",
    "x@localhost",
  ])("refuses the host name %j, which a page could have pointed at loopback", async (host) => {
    const admin = await startAdmin();
    const answer = await admin.ask("GET", "/v1/info", { headers: { host } });
    expect(answer.status).toBe(403);
    expect(at(answer.json, "error", "code")).toBe("ADMIN_FORBIDDEN");
  });

  it.each<Record<string, string>>([
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ])("takes no orders from a page of another origin: %j", async (page) => {
    const admin = await startAdmin();
    for (const type of ["application/json", "multipart/form-data; boundary=x"]) {
      const answer = await admin.ask("POST", "/v1/tasks", {
        headers: { "content-type": type, ...page },
        body: JSON.stringify({ definition: smallTask() }),
      });
      expect(answer.status).toBe(403);
    }
    expect(await admin.storage.rounds.tasks()).toEqual([]);
  });

  it("accepts changes from a page of its own origin", async () => {
    const admin = await startAdmin();
    const answer = await admin.ask("POST", "/v1/tasks", {
      headers: {
        ...JSON_BODY,
        host: "localhost:8080",
        origin: "http://localhost:8080",
        "sec-fetch-site": "same-origin",
      },
      body: JSON.stringify({ definition: smallTask() }),
    });
    expect(answer.status).toBe(201);
  });
});

describe("an admin API without a token, behind a proxy on its machine,", () => {
  it.each<Record<string, string>>([
    { forwarded: "for=203.0.113.7" },
    { via: "1.1 proxy" },
    { "x-forwarded-for": "203.0.113.7" },
    { "x-forwarded-proto": "https" },
    { "x-original-forwarded-for": "203.0.113.7" },
    { "x-real-ip": "203.0.113.7" },
    { "true-client-ip": "203.0.113.7" },
    { "cf-connecting-ip": "203.0.113.7" },
  ])("refuses what the proxy passes on: %j", async (headers) => {
    const admin = await startAdmin();
    for (const path of ["/v1/tasks", "/metrics", "/nothing"]) {
      const answer = await admin.ask("GET", path, { headers });
      expect(answer.status).toBe(403);
      expect(at(answer.json, "error", "code")).toBe("ADMIN_FORBIDDEN");
      expect(textAt(answer.json, "error", "remedy")).toContain("TRIBUTARY_ADMIN_TOKEN");
    }
    const order = await admin.ask("POST", "/v1/tasks", {
      headers: { ...JSON_BODY, ...headers },
      body: JSON.stringify({ definition: smallTask() }),
    });
    expect(order.status).toBe(403);
    expect(await admin.storage.rounds.tasks()).toEqual([]);
    // Probes reveal nothing, and a proxy may ask them.
    expect((await admin.ask("GET", "/healthz", { headers })).status).toBe(200);
  });

  it("refuses HTTP 1.0, which nginx speaks when it adds no header", async () => {
    const admin = await startAdmin();
    const socket = connect(Number(new URL(admin.url).port), "127.0.0.1");
    socket.end("GET /v1/tasks HTTP/1.0\r\nhost: 127.0.0.1\r\n\r\n");
    expect(await text(socket)).toMatch(/ 403 [\s\S]*"ADMIN_FORBIDDEN"/);
  });

  it("answers once there is a token and the request shows it", async () => {
    const admin = await startAdmin();
    const created = await admin.post("/v1/tokens", { name: "proxy", role: "admin" });
    const headers = { "x-forwarded-for": "203.0.113.7" };
    expect((await admin.ask("GET", "/v1/tasks", { headers })).status).toBe(401);
    const authorization = `Bearer ${textAt(created.json, "token")}`;
    const shown = await admin.ask("GET", "/v1/tasks", { headers: { ...headers, authorization } });
    expect(shown.status).toBe(200);
  });
});

describe("wrong admin tokens", () => {
  const limits = { wrongAdminTokensPerMinute: 3 };
  const wrong = { authorization: `Bearer ${TOKEN}x` };

  it("are logged with their address and without themselves, and counted", async () => {
    const logger = { ...silentLogger, warn: vi.fn<Logger["warn"]>() };
    const admin = await startAdmin({ token: TOKEN, logger });
    expect((await admin.ask("GET", "/v1/tasks", { headers: wrong })).status).toBe(401);
    expect(logger.warn.mock.calls).toEqual([["wrong admin token", { address: "127.0.0.1" }]]);
    const metrics = await admin.ask("GET", "/metrics");
    expect(metrics.text).toContain('tributary_admin_tokens_refused_total{reason="wrong"} 1');
  });

  it("name the revoked token that was shown", async () => {
    const logger = { ...silentLogger, warn: vi.fn<Logger["warn"]>() };
    const admin = await startAdmin({ token: TOKEN, logger });
    const { json } = await admin.post("/v1/tokens", { name: "old", role: "viewer" });
    await admin.post(`/v1/tokens/${textAt(json, "id")}/revoke`);
    const headers = { authorization: `Bearer ${textAt(json, "token")}` };
    expect((await admin.ask("GET", "/v1/tasks", { headers })).status).toBe(401);
    expect(logger.warn.mock.calls[0]?.[1]).toEqual({
      address: "127.0.0.1",
      revoked: textAt(json, "id"),
    });
  });

  it("are slowed by address: then even the right one has to wait, and nothing more is logged", async () => {
    const logger = { ...silentLogger, warn: vi.fn<Logger["warn"]>() };
    const admin = await startAdmin({ token: TOKEN, limits, logger });
    for (let guess = 0; guess < 3; guess++) {
      expect((await admin.ask("GET", "/v1/tasks", { headers: wrong })).status).toBe(401);
    }
    for (const headers of [wrong, {}]) {
      const answer = await admin.ask("GET", "/v1/tasks", { headers });
      expect(answer.status).toBe(429);
      expect(at(answer.json, "error", "code")).toBe("RATE_LIMITED");
      expect(answer.headers["retry-after"]).toBe("20");
    }
    expect(logger.warn).toHaveBeenCalledTimes(3);
    admin.clock.advance(20_000);
    expect((await admin.ask("GET", "/v1/tasks")).status).toBe(200);
  });

  it("cost a request with the right token nothing, however many there are", async () => {
    const admin = await startAdmin({ token: TOKEN, limits });
    for (let request = 0; request < 10; request++) {
      expect((await admin.ask("GET", "/v1/tasks")).status).toBe(200);
    }
  });
});

describe("every answer of the admin API", () => {
  it("has headers that keep a browser from giving it to other pages", async () => {
    const admin = await startAdmin();
    for (const path of ["/healthz", "/v1/tasks", "/nothing", "/metrics"]) {
      const { headers } = await admin.ask("GET", path);
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      });
      expect(headers["x-powered-by"]).toBeUndefined();
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  it("is JSON when there is no such path, method or parameter", async () => {
    const admin = await startAdmin();
    const missing = await admin.ask("GET", "/v2/tasks");
    expect(missing.status).toBe(404);
    expect(at(missing.json, "error", "code")).toBe("ADMIN_ROUTE_UNKNOWN");
    expect((await admin.ask("GET", "/V1/info")).status).toBe(404);
    expect((await admin.ask("GET", "/v1/info/")).status).toBe(404);

    const method = await admin.ask("DELETE", "/v1/tasks");
    expect(method.status).toBe(405);
    expect(method.headers["allow"]).toBe("GET, POST");

    const parameter = await admin.ask("GET", "/v1/tasks?state=running");
    expect(parameter.status).toBe(400);
    expect(textAt(parameter.json, "error", "message")).toContain("state");
  });

  it("reveals nothing about an unexpected failure, which is logged instead", async () => {
    const logged: unknown[] = [];
    const logger: Logger = {
      debug() {},
      info() {},
      warn() {},
      error: (event, facts) => logged.push([event, facts?.["error"]]),
    };
    const secret = new Error("password=hunter2 at /home/someone/server.ts:1");
    const admin = await startAdmin({
      logger,
      metrics: {
        observe() {},
        contentType: "text/plain",
        render: () => Promise.reject(secret),
        close: async () => {},
      },
    });
    const answer = await admin.ask("GET", "/metrics");
    expect(answer.status).toBe(500);
    expect(answer.text).not.toMatch(/hunter2|server\.ts|at /);
    expect(at(answer.json, "error", "code")).toBe("INTERNAL");
    expect(logged).toEqual([["admin request failed", secret]]);
  });

  it("says to a probe that the process is alive, but the store does not answer", async () => {
    const admin = await startAdmin();
    expect((await admin.ask("GET", "/readyz")).json).toEqual({
      status: "ready",
      stuckTasks: 0,
    });
    await admin.storage.close();
    expect((await admin.ask("GET", "/healthz")).status).toBe(200);
    const answer = await admin.ask("GET", "/readyz");
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({
      error: { code: "STORAGE_UNAVAILABLE", message: "The store is closed" },
    });
    expect((await admin.ask("GET", "/v1/tasks")).status).toBe(503);
  });

  it("says to a probe how many running tasks do not get on, and fails when none does", async () => {
    const admin = await startAdmin();
    const { store, checkpoints, coordinator } = admin.deps;
    const start = async (population: string): Promise<string> => {
      const answer = await admin.post("/v1/tasks", { definition: smallTask({ population }) });
      const id = at(answer.json, "id") as string;
      // The server finds the task running, as after a restart.
      await store.setTaskState(taskId(id), ["created"], "running");
      return id;
    };
    const lost = vi.spyOn(checkpoints, "get").mockResolvedValue(undefined);
    const stuck = await start("digits");
    await coordinator.recover();
    expect((await admin.ask("GET", "/readyz")).json).toMatchObject({
      error: { code: "STORAGE_UNAVAILABLE", message: "None of the running tasks gets on" },
    });
    lost.mockRestore();
    vi.spyOn(checkpoints, "get").mockResolvedValueOnce(undefined);
    await start("letters");
    await coordinator.recover();
    expect((await admin.ask("GET", "/readyz")).json).toEqual({ status: "degraded", stuckTasks: 1 });
    const shown = await admin.ask("GET", `/v1/tasks/${stuck}`);
    expect(at(shown.json, "progress", "problem", "code")).toBe("CHECKPOINT_UNKNOWN");
  });

  it("has no body when the method is HEAD", async () => {
    const admin = await startAdmin();
    const head = await admin.ask("HEAD", "/healthz");
    expect(head.status).toBe(200);
    expect(head.bytes.length).toBe(0);
  });
});
