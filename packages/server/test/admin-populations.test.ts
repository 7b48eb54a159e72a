import { describe, expect, it } from "vitest";
import { RULES } from "./enrolment-tokens.ts";
import { at, startAdmin } from "./admin-harness.ts";

const JSON_BODY = { "content-type": "application/json" };

describe("a population's enrolment policy", () => {
  it("is open until somebody sets it, and then applies at once and after a restart", async () => {
    const admin = await startAdmin();
    const path = "/v1/populations/writers";
    expect((await admin.ask("GET", path)).json).toEqual({
      name: "writers",
      policy: { enrolment: "open" },
      updatedAtMs: null,
      devices: 0,
      selfRegisteredDevices: 0,
    });
    const { issuer, keys } = RULES;
    const body = JSON.stringify({ enrolment: "token", token: { issuer, keys } });
    const set = await admin.ask("PUT", path, { headers: JSON_BODY, body });
    expect(set.status).toBe(200);
    const policy = { enrolment: "token", token: RULES };
    expect(at(set.json, "policy")).toEqual(policy);
    expect(admin.deps.enrolment.policy("writers")).toEqual(policy);
    expect(admin.deps.enrolment.policy("keyboard")).toEqual({ enrolment: "open" });
    expect((await admin.ask("GET", "/v1/populations")).json).toEqual({ populations: [set.json] });
    expect(await admin.storage.access.audit(1)).toMatchObject([
      { operation: "setPopulation", target: path, note: `enrolment token, tokens of ${issuer}` },
    ]);
  });

  it.each([
    { enrolment: "closed" },
    { enrolment: "token" },
    { enrolment: "token", token: { issuer: "x", keys: [] } },
    { enrolment: "token", token: { issuer: "", keys: RULES.keys } },
    { enrolment: "token", token: { issuer: "x", keys: ["short"] } },
    { enrolment: "token", token: { issuer: "x", keys: [`${"A".repeat(42)}B`] } },
    { enrolment: "token", token: { issuer: "x", keys: RULES.keys, algorithm: "none" } },
    { enrolment: "token", token: { ...RULES, clockSkewSeconds: 601 } },
    { enrolment: "token", token: { ...RULES, maximumLifetimeSeconds: 59 } },
    { enrolment: "token", token: { ...RULES, devicesPerToken: 0 } },
    { enrolment: "open", token: RULES },
    {},
  ])("is refused as %j", async (policy) => {
    const admin = await startAdmin();
    const answer = await admin.ask("PUT", "/v1/populations/writers", {
      headers: JSON_BODY,
      body: JSON.stringify(policy),
    });
    expect(answer.status).toBe(400);
    expect(await admin.storage.access.populations()).toEqual([]);
  });
});

describe("devices in the admin API", () => {
  it("are listed and revoked, and each revocation is in the audit table", async () => {
    const admin = await startAdmin();
    const device = {
      population: "writers",
      id: "user/42?",
      publicKey: null,
      voucher: null,
      registeredAtMs: 5,
      revokedAtMs: null,
    };
    await admin.storage.access.addDevice(device);
    const path = `/v1/populations/writers/devices`;
    expect((await admin.ask("GET", path)).json).toEqual({
      devices: [
        {
          id: device.id,
          publicKey: null,
          selfRegistered: true,
          registeredAtMs: 5,
          revokedAtMs: null,
        },
      ],
    });
    await admin.storage.access.addDevice({ ...device, id: "vouched", voucher: "v" });
    expect((await admin.ask("GET", "/v1/populations/writers")).json).toMatchObject({
      devices: 2,
      selfRegisteredDevices: 1,
    });
    const revoke = `${path}/${encodeURIComponent(device.id)}/revoke`;
    const now = admin.deps.clock.now();
    expect((await admin.post(revoke)).json).toMatchObject({ revokedAtMs: now });
    expect((await admin.post(revoke)).json).toMatchObject({ revokedAtMs: now });
    const unknown = await admin.post(`${path}/nobody/revoke`);
    expect(at(unknown.json, "error", "code")).toBe("DEVICE_UNKNOWN");
    const rows = (await admin.storage.access.audit(5)).map(({ target, error }) => [target, error]);
    expect(rows).toEqual([
      [`${path}/nobody/revoke`, "DEVICE_UNKNOWN"],
      [revoke, null],
      [revoke, null],
    ]);
  });
});
