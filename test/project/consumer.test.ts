import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { compilePrograms, writePrograms } from "../../infra/consumer.mjs";
import { publishedPackages } from "../../infra/published-packages.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function emptyProject(): string {
  const project = mkdtempSync(join(tmpdir(), "tributary-consumer-"));
  onTestFinished(() => rmSync(project, { recursive: true }));
  symlinkSync(join(ROOT, "node_modules"), join(project, "node_modules"));
  return project;
}

it("names each setting under which a program does not compile", { timeout: 180_000 }, async () => {
  const project = emptyProject();
  mkdirSync(join(project, "plain"));
  mkdirSync(join(project, "tfjs"));
  writeFileSync(join(project, "plain/good.ts"), "export const one: number = 1;\n");
  writeFileSync(join(project, "tfjs/bad.ts"), 'export const one: number = "one";\n');
  const faults = await compilePrograms(ROOT, project);
  expect(faults.map((fault) => fault.split("\n"))).toEqual(
    ["node16", "nodenext", "bundler"].map((setting) => [
      `tfjs, module ${setting}:`,
      expect.stringMatching(/^tfjs\/bad\.ts\(1,14\): error TS2322/),
    ]),
  );
});

it("takes programs from every README, with a real address in the client of the first one", () => {
  const project = emptyProject();
  writePrograms(ROOT, publishedPackages(ROOT), project);
  const client = readFileSync(join(project, "tfjs/client.ts"), "utf8");
  expect(client).toContain('url: process.env["SERVER_URL"] ?? "",');
  expect(client).toContain('serverKey: process.env["SERVER_KEY"] ?? "",');
  expect(client).not.toMatch(/wss:|tributary-key/);
  expect(readFileSync(join(project, "plain/protocol-readme-0.ts"), "utf8")).toContain("parseTask(");
  expect(readFileSync(join(project, "plain/server.ts"), "utf8")).toContain(
    '"@tributary/server/testing"',
  );
});
