import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import type { RunningCommand } from "./support/command.ts";
import { documentedCommands } from "./support/documented-commands.ts";
import { openSandbox } from "./support/sandbox.ts";
import type { ServerAddress, TaskLine } from "./support/server.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/operations.md");
const run = promisify(execFile);
const environment = { TRIBUTARY_ADMIN_TOKEN: "a-root-token-for-this-test" };

describe("docs/operations.md", () => {
  test("has commands that work, one after the other, and bring a backup back to life", async () => {
    const box = await openSandbox();
    const task = await box.write(
      "task.yaml",
      "population: backed-up\nname: backed-up\nmodel: { builtin: logistic-regression }\n",
    );
    const addresses: ServerAddress[] = [];
    const ran: string[] = [];
    let server: RunningCommand | undefined;
    let created: TaskLine | undefined;
    for (const { words, isRunnable } of documentedCommands(page)) {
      if (!isRunnable) continue;
      const [program = "", verb = ""] = words;
      const args = words.slice(1).map((word) => (word === "TASK" ? (created?.id ?? "") : word));
      ran.push(`${program} ${verb}`);
      if (program !== "tributary") {
        // The page says to stop a server before its folder is copied.
        await server?.stop();
        server = undefined;
        await run(program, args, { cwd: box.folder });
      } else if (verb === "serve") {
        server = box.start([...args, "--port", "0", "--admin-port", "0", "--json"], environment);
        addresses.push(JSON.parse(await server.firstLine()) as ServerAddress);
        const create = ["task", "create", task, "--data-dir", "data"];
        created ??= await box.json<TaskLine>(create, environment);
      } else {
        const { code, stdout, stderr } = await box.run(args, environment);
        expect(code, `${args.join(" ")}\n${stderr}`).toBe(0);
        expect(stdout).not.toBe("");
      }
    }
    expect(ran).toEqual(
      expect.arrayContaining(["tar -czf", "tar -xzf", "tributary task", "tributary token"]),
    );
    expect(addresses).toHaveLength(2);
    expect(addresses[1]?.serverKey).toBe(addresses[0]?.serverKey);
  });

  test("names metrics that there are", () => {
    const metrics = new Set(
      [...read("docs/admin-api.md").matchAll(/^\| `(tributary_\w+)`/gm)].map(([, name]) => name),
    );
    const named = [...page.matchAll(/\btributary_[a-z_]+/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !metrics.has(name))).toEqual([]);
  });

  test("names lines of the log that the server writes", () => {
    const sources = readdirSync(join(ROOT, "packages/server/src"), { recursive: true })
      .map(String)
      .filter((path) => path.endsWith(".ts"))
      .map((path) => read(join("packages/server/src", path)))
      .join("\n");
    const rows = [...page.matchAll(/^\| (`[^|]*) \| (info|warn|error) \|/gm)];
    const named = rows.flatMap(([, names = "", level]) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => `${level}("${name}"`),
    );
    expect(named.length).toBeGreaterThan(8);
    const flat = sources.replace(/\(\s+"/g, '("');
    expect(named.filter((call) => !flat.includes(call))).toEqual([]);
  });
});
