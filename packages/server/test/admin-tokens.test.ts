import { describe, expect, it } from "vitest";
import { ADMIN_ROLES, type AdminRole } from "../src/storage/access-store.ts";
import { at, smallTask, startAdmin, textAt, type AdminHarness } from "./admin-harness.ts";

const ROOT = "correct-horse-battery";
const JSON_BODY = { "content-type": "application/json" };

const bearer = (token: string): Readonly<Record<string, string>> => ({
  authorization: `Bearer ${token}`,
  ...JSON_BODY,
});

async function makeToken(
  admin: AdminHarness,
  role: AdminRole,
): Promise<{ readonly id: string; readonly token: string }> {
  const { json } = await admin.post("/v1/tokens", { name: `a ${role}`, role });
  return { id: textAt(json, "id"), token: textAt(json, "token") };
}

describe("admin tokens", () => {
  it("may use exactly the routes that their role allows", async () => {
    const admin = await startAdmin({ token: ROOT });
    for (const role of ADMIN_ROLES) {
      const { token } = await makeToken(admin, role);
      for (const route of admin.routes) {
        const path = route.path.replaceAll(/\{\w+\}/g, "task_00000000000000000000000000000000");
        // The query or the content type is not valid, so that no request changes anything. Whoever
        // may use the route gets the error for that.
        const answer = await admin.ask(route.method.toUpperCase(), `${path}?nonsense=1`, {
          headers: { authorization: `Bearer ${token}` },
        });
        const may = route.open || ADMIN_ROLES.indexOf(role) >= ADMIN_ROLES.indexOf(route.role);
        const expected = may ? "BAD_PARAMETER" : "ADMIN_FORBIDDEN";
        expect([role, route.operation, at(answer.json, "error", "code")]).toEqual([
          role,
          route.operation,
          expected,
        ]);
      }
    }
  });

  it("let viewers read, operators steer tasks, and admins manage access", async () => {
    const admin = await startAdmin({ token: ROOT });
    const roles = new Map(admin.routes.map(({ operation, role }) => [operation, role]));
    expect(roles.get("listTasks")).toBe("viewer");
    expect(roles.get("cancelTask")).toBe("operator");
    for (const operation of ["createToken", "revokeToken", "listTokens", "listAudit"]) {
      expect([operation, roles.get(operation)]).toEqual([operation, "admin"]);
    }
    for (const { method, open, role, operation } of admin.routes) {
      if (method !== "get")
        expect([operation, open, role === "viewer"]).toEqual([operation, false, false]);
    }
  });

  it("are stored as a hash, shown once, and listed without their secret", async () => {
    const admin = await startAdmin({ token: ROOT });
    const { id, token } = await makeToken(admin, "viewer");
    expect(token).toMatch(/^tok_[0-9a-f]{32}\.[A-Za-z0-9_-]{43}$/);
    const secret = token.split(".")[1]!;
    const stored = JSON.stringify(await admin.storage.access.tokens());
    expect(stored).not.toContain(secret);
    const list = await admin.ask("GET", "/v1/tokens");
    expect(list.text).toContain(id);
    expect(list.text).not.toContain(secret);
    expect((await admin.ask("GET", "/v1/audit")).text).not.toContain(secret);
  });

  it("are refused when they are revoked, wrong, cut short or combined with another token's id", async () => {
    const admin = await startAdmin({ token: ROOT });
    const one = await makeToken(admin, "viewer");
    const other = await makeToken(admin, "admin");
    const ask = async (token: string): Promise<number> =>
      (await admin.ask("GET", "/v1/info", { headers: bearer(token) })).status;
    expect(await ask(one.token)).toBe(200);
    const secret = one.token.split(".")[1]!;
    for (const wrong of [
      one.token.slice(0, -1),
      `${one.token}x`,
      `${other.id}.${secret}`,
      `tok_${"0".repeat(32)}.${secret}`,
      one.id,
      secret,
      `${one.id}.${"A".repeat(43)}`,
    ]) {
      expect([wrong, await ask(wrong)]).toEqual([wrong, 401]);
    }
    expect((await admin.post(`/v1/tokens/${one.id}/revoke`)).json).toMatchObject({
      id: one.id,
      revokedAtMs: expect.any(Number) as number,
    });
    expect(await ask(one.token)).toBe(401);
    expect(await ask(other.token)).toBe(200);
  });

  it("are required once one exists, and include an admin's as long as there are any", async () => {
    const admin = await startAdmin();
    const early = await admin.post("/v1/tokens", { name: "too early", role: "viewer" });
    expect(at(early.json, "error", "code")).toBe("ADMIN_TOKEN_CONFLICT");
    const first = await makeToken(admin, "admin");
    expect((await admin.ask("GET", "/v1/info")).status).toBe(401);
    const headers = bearer(first.token);
    const second = await admin.ask("POST", "/v1/tokens", {
      headers,
      body: JSON.stringify({ name: "viewer", role: "viewer" }),
    });
    expect(second.status).toBe(201);
    const revoke = (id: string): Promise<{ readonly status: number }> =>
      admin.ask("POST", `/v1/tokens/${id}/revoke`, { headers, body: "{}" });
    expect((await revoke(first.id)).status).toBe(409);
    expect((await revoke(textAt(second.json, "id"))).status).toBe(200);
    expect((await revoke(first.id)).status).toBe(200);
    expect((await admin.ask("GET", "/v1/info")).status).toBe(200);
  });

  it("must have an existing role and a printable name", async () => {
    const admin = await startAdmin({ token: ROOT });
    for (const body of [
      { name: "x", role: "owner" },
      { name: "", role: "viewer" },
      { name: "a\nb", role: "viewer" },
      { name: "x".repeat(101), role: "viewer" },
      { name: "x" },
      { name: "x", role: "viewer", id: "tok_0" },
    ]) {
      expect((await admin.post("/v1/tokens", body)).status).toBe(400);
    }
    expect((await admin.post(`/v1/tokens/tok_${"0".repeat(32)}/revoke`)).status).toBe(404);
  });
});

describe("the audit table", () => {
  it("records who changed what, when, and how it ended", async () => {
    const admin = await startAdmin({ token: ROOT });
    const operator = await makeToken(admin, "operator");
    const headers = bearer(operator.token);
    const created = await admin.ask("POST", "/v1/tasks", {
      headers,
      body: JSON.stringify({ definition: smallTask() }),
    });
    const task = `/v1/tasks/${textAt(created.json, "id")}`;
    await admin.ask("POST", `${task}/pause`, { headers, body: "{}" });
    await admin.ask("POST", `${task}/cancel`, { headers, body: "{}" });
    await admin.ask("POST", "/v1/tokens", { headers, body: "{}" });
    await admin.ask("GET", task, { headers });
    const { json } = await admin.ask("GET", "/v1/audit");
    const entries = at(json, "entries") as readonly object[];
    const rows = entries.map((entry) =>
      ["actor", "operation", "target", "note", "error"].map((key) => at(entry, key)),
    );
    expect(rows.toReversed()).toEqual([
      ["root", "createToken", `/v1/tokens/${operator.id}`, "operator token for a operator", null],
      [operator.id, "createTask", task, "task digits of writers", null],
      [operator.id, "pauseTask", `${task}/pause`, "", "TASK_STATE_CONFLICT"],
      [operator.id, "cancelTask", `${task}/cancel`, "", null],
      [operator.id, "createToken", "/v1/tokens", "", "ADMIN_FORBIDDEN"],
    ]);
    expect(at(entries[0], "atMs")).toBe(admin.deps.clock.now());
  });

  it("has no rows for requests without a valid token, and is read page by page", async () => {
    const admin = await startAdmin({ token: ROOT });
    await admin.ask("POST", "/v1/tasks", { headers: { authorization: "Bearer x", ...JSON_BODY } });
    expect(await admin.storage.access.audit(10)).toEqual([]);
    for (const role of ADMIN_ROLES) await makeToken(admin, role);
    const { json } = await admin.ask("GET", "/v1/audit?limit=2");
    const [newest, second] = at(json, "entries") as readonly object[];
    expect(at(newest, "note")).toBe("admin token for a admin");
    const before = String(at(second, "sequence"));
    const page = await admin.ask("GET", `/v1/audit?limit=2&before=${before}`);
    expect((at(page.json, "entries") as readonly object[]).map((e) => at(e, "note"))).toEqual([
      "viewer token for a viewer",
    ]);
  });

  it("withholds the answer to a change when the change's row cannot be written", async () => {
    const admin = await startAdmin({ token: ROOT });
    const { json } = await admin.post("/v1/tasks", { definition: smallTask() });
    admin.storage.access.addAudit = () => Promise.reject(new Error("disk full"));
    const answer = await admin.post(`/v1/tasks/${textAt(json, "id")}/cancel`);
    expect(answer.status).toBe(500);
  });
});
