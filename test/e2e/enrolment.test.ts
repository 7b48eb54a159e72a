// Who may come in, through the commands: an operator's tokens and the policies of populations, with clients in processes of
// their own. The app's backend is this test, with nothing of the project's.
import { generateKeyPairSync, sign } from "node:crypto";
import { expect, test } from "vitest";
import { openSandbox } from "./support/sandbox.ts";
import { startServer, type TaskLine } from "./support/server.ts";

const ROOT = "a-root-token-for-this-test";
const ISSUER = "https://app.example";
const backend = generateKeyPairSync("ed25519");
const { x: key } = backend.publicKey.export({ format: "jwk" });

function enrolmentToken(claims: Readonly<Record<string, unknown>> = {}): string {
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const input = [
    { alg: "EdDSA", typ: "JWT" },
    { iss: ISSUER, aud: "guarded", exp, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${input}.${sign(null, Buffer.from(input), backend.privateKey).toString("base64url")}`;
}

const TASK = `population: guarded
name: guarded-digits
model: { builtin: logistic-regression }
round: { goalCount: 1, overselection: 1, minimumFraction: 1 }
stop: { rounds: 2 }
`;

test("lets in whom the operator's policy lets in, and writes down every change", async () => {
  const box = await openSandbox();
  const server = await startServer(box, {
    minimumCohort: 1,
    env: { TRIBUTARY_ADMIN_TOKEN: ROOT },
  });
  const at = ["--data-dir", "server"];

  // An operator of their own steers tasks, and does not decide who comes in.
  const role = ["--name", "steering", "--role", "operator"];
  const operator = await box.json<{ id: string; token: string }>([
    "token",
    "create",
    ...role,
    ...at,
  ]);
  const asOperator = ["--admin", server.adminUrl, "--token", operator.token];
  const file = await box.write("task.yaml", TASK);
  const task = await box.json<TaskLine>(["task", "create", file, "--start", ...asOperator]);
  expect(task.state).toBe("running");
  const set = ["population", "set", "guarded", "--enrolment", "device"];
  expect((await box.failure([...set, ...asOperator])).code).toBe("ADMIN_FORBIDDEN");
  const rules = ["--issuer", ISSUER, "--key", key!];
  await box.json([...set, ...rules, ...at]);
  expect(await box.json(["population", "show", "guarded", ...at])).toMatchObject({
    policy: { enrolment: "device", token: { issuer: ISSUER, keys: [key], clockSkewSeconds: 60 } },
  });

  // Refused, one way each.
  const join = ["client", "--population", "guarded", "--rounds", "1", "--engine", "fused", ...at];
  join.push("--minimum-cohort", "1");
  const device = ["--device-key", "phone.key"];
  for (const [shown, code] of [
    [[], "ENROLMENT_REQUIRED"],
    [[...device, "--enrolment-token", enrolmentToken({ exp: 1 })], "TOKEN_EXPIRED"],
  ] as const) {
    const client = box.start([...join, ...shown]);
    await client.heard(new RegExp(`not now.*\\[${code}\\]`));
    await client.stop("SIGTERM");
  }

  // With a good token once, then by the key alone.
  const token = ["--enrolment-token", enrolmentToken()];
  expect(await box.json([...join, ...device, ...token])).toMatchObject({ reports: 1 });
  const devices = await box.json<{ devices: { id: string }[] }>([
    "device",
    "list",
    "guarded",
    ...at,
  ]);
  expect(devices.devices.length).toBe(1);
  expect(await box.json([...join, ...device])).toMatchObject({ reports: 1 });

  // Revoked: the client is told and stops by itself.
  const { id } = devices.devices[0]!;
  await box.json(["device", "revoke", "guarded", id, ...asOperator]);
  expect((await box.failure([...join, ...device, ...token])).code).toBe("DEVICE_REVOKED");

  await box.json(["token", "revoke", operator.id, ...at]);
  expect((await box.failure(["task", "list", ...asOperator])).code).toBe("ADMIN_UNAUTHORIZED");

  const { entries } = await box.json<AuditLines>(["audit", "list", ...at]);
  expect(entries.toReversed().map((row) => [row.actor, row.operation, row.error])).toEqual([
    ["root", "createToken", null],
    [operator.id, "createTask", null],
    [operator.id, "setPopulation", "ADMIN_FORBIDDEN"],
    ["root", "setPopulation", null],
    [operator.id, "revokeDevice", null],
    ["root", "revokeToken", null],
  ]);

  // Page by page, for people too.
  const newest = await box.json<AuditLines>(["audit", "list", "--limit", "4", ...at]);
  expect(newest.entries).toEqual(entries.slice(0, 4));
  const older = ["audit", "list", "--before", String(newest.entries[3]!.sequence), ...at];
  expect((await box.json<AuditLines>(older)).entries).toEqual(entries.slice(4));
  const page = await box.run(["audit", "list", "--limit", "1", ...at]);
  expect(page.stdout).toMatch(/^number .*\n\d+ .* root +revokeToken +done +\/v1\/tokens\//);
  expect(page.stderr).toContain(`--before ${entries[0]!.sequence}`);
  expect(await box.run(["audit", "list", "--before", "1", ...at])).toMatchObject({
    code: 0,
    stdout: "no changes before number 1\n",
  });
  expect((await box.failure(["audit", "list", "--before", "0", ...at], 2)).code).toBe(
    "BAD_PARAMETER",
  );
});

interface AuditLines {
  readonly entries: readonly {
    readonly sequence: number;
    readonly actor: string;
    readonly operation: string;
    readonly error: string | null;
  }[];
}
