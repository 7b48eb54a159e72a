import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  ERROR_CODES,
  builtinModel,
  checkpointIdOf,
  seededRandom,
  writeTfjsModel,
  type ErrorCode,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { statusOf } from "../src/admin/error-status.ts";
import { startAdmin } from "./admin-harness.ts";

const page = await readFile(new URL("../../../docs/admin-api.md", import.meta.url), "utf8");
const crypto = createNodeCryptoProvider();
const hasCurl = spawnSync("curl", ["--version"]).status === 0;

/** Returns the cells of the table rows whose first cell matches. */
function rows(first: RegExp): readonly (readonly string[])[] {
  return page
    .split("\n")
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell]) => cell !== undefined && first.test(cell));
}

describe("docs/admin-api.md", () => {
  it("lists every route with the summary that the server gives", async () => {
    const admin = await startAdmin();
    const documented = rows(/^`(GET|POST|PUT) /).map(([route, summary]) => `${route} ${summary}`);
    const table = admin.routes.map(
      ({ method, path, summary }) => `\`${method.toUpperCase()} ${path}\` ${summary}`,
    );
    expect(documented.toSorted()).toEqual(table.toSorted());
  });

  it("lists every metric with the type and the help text that the server gives", async () => {
    const { deps } = await startAdmin();
    const text = await deps.metrics.render();
    const all = [...text.matchAll(/^# HELP (\S+) (.+)\n# TYPE \S+ (\S+)$/gm)].map(
      ([, name, help, type]) => [`\`${name}\``, type, help],
    );
    const rendered = all.filter(([name]) => name!.startsWith("`tributary_"));
    const standard = all.map(([name]) => name!).filter((name) => /^`(process|nodejs)_/.test(name));
    expect(rendered.length + standard.length).toBe(all.length);
    expect(standard.filter((name) => !page.includes(name))).toEqual([]);
    const documented = rows(/^`tributary_/).map(([name, type, , help]) => [name, type, help]);
    expect(documented).toEqual(rendered);
  });

  it("lists each error code with the status of its answer", () => {
    const documented = rows(/^\d{3}$/).flatMap(([status, codes]) =>
      [...codes!.matchAll(/`([A-Z_]+)`/g)].map((match) => `${match[1]} ${status}`),
    );
    expect(documented.length).toBeGreaterThan(10);
    for (const entry of documented) {
      const code = entry.split(" ")[0] as ErrorCode;
      expect(ERROR_CODES).toHaveProperty(code);
      expect(`${code} ${statusOf(code)}`).toBe(entry);
    }
  });

  it.skipIf(!hasCurl)(
    "has examples that work when they are run one after the other",
    { timeout: 60_000 },
    async () => {
      const token = "0123456789abcdef";
      const admin = await startAdmin({ token });
      const folder = await mkdtemp(join(tmpdir(), "tributary-docs-"));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const { description, values } = builtinModel("mlp-64", seededRandom(crypto, 3));
      const model = writeTfjsModel(description, values);
      await mkdir(join(folder, "model"));
      await writeFile(join(folder, "model", "model.json"), model["model.json"]);
      await writeFile(join(folder, "model", "weights.bin"), model["weights.bin"]);

      const examples = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
      expect(examples.length).toBeGreaterThan(4);
      await promisify(execFile)("sh", ["-c", `set -e\n${examples.join("\n")}`], {
        cwd: folder,
        env: { ...process.env, ADMIN: admin.url, TOKEN: token, no_proxy: "127.0.0.1" },
      });

      const tasks = await admin.storage.rounds.tasks();
      expect(tasks.map(({ name, state }) => `${name} is ${state}`).toSorted()).toEqual([
        "digits is running",
        "once is created",
        "own is created",
      ]);
      const own = tasks.find(({ name }) => name === "own");
      expect(own?.initialCheckpoint).toBe(checkpointIdOf(crypto, model["weights.bin"]));
      const digits = tasks.find(({ name }) => name === "digits");
      const downloaded = Uint8Array.from(await readFile(join(folder, "weights.f32")));
      expect(checkpointIdOf(crypto, downloaded)).toBe(digits?.initialCheckpoint);
      expect((await readFile(join(folder, "weights.bin"))).equals(downloaded)).toBe(true);
    },
  );
});
