import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  DEFAULT_LIMITS,
  ERROR_CODES,
  WEBSOCKET_SUBPROTOCOL,
  updateCodecNames,
} from "../src/index.ts";

// docs/protocol.md is normative: here it is held against the code. `UPDATE_DOCS=1` rewrites its two tables.

const documentPath = new URL("../../../docs/protocol.md", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

function errorTable(): string {
  const rows = Object.entries(ERROR_CODES)
    .filter(([, { wire, close }]) => wire !== null || close !== null)
    .map(
      ([name, { wire, close, retryable }]) =>
        `| \`${name}\` | ${wire ?? ""} | ${close ?? ""} | ${retryable ? "yes" : "no"} |`,
    );
  return ["| code | number | close code | worth trying again |", "|---|---|---|---|", ...rows].join(
    "\n",
  );
}

function limitTable(): string {
  const meanings = new Map(
    [...read("../src/limits.ts").matchAll(/\/\*\* ([^*]+) \*\/\s+readonly (\w+): number;/g)].map(
      ([, meaning, name]) => [name, meaning],
    ),
  );
  const rows = Object.entries(DEFAULT_LIMITS).map(
    ([name, value]) => `| \`${name}\` | ${value.toLocaleString("en")} | ${meanings.get(name)} |`,
  );
  return ["| limit | default | meaning |", "|---|---|---|", ...rows].join("\n");
}

function section(text: string, name: string): string {
  const match = new RegExp(`<!-- ${name}:begin -->\\n([\\s\\S]*?)\\n?<!-- ${name}:end -->`).exec(
    text,
  );
  return match?.[1]?.trim() ?? "";
}

const tables = { errors: errorTable(), limits: limitTable() };

if (process.env["UPDATE_DOCS"] !== undefined) {
  let text = readFileSync(documentPath, "utf8");
  for (const [name, table] of Object.entries(tables)) {
    text = text.replace(
      new RegExp(`(<!-- ${name}:begin -->\\n)[\\s\\S]*?(<!-- ${name}:end -->)`),
      (_all, begin: string, end: string) => `${begin}${table}\n${end}`,
    );
  }
  writeFileSync(documentPath, text);
}

describe("docs/protocol.md", () => {
  const text = readFileSync(documentPath, "utf8");
  const proto = read("../src/wire/tributary.proto");

  it("lists every error code with its numbers, and no other", () => {
    expect(section(text, "errors")).toBe(tables.errors);
  });

  it("lists every limit with its default and meaning, and no other", () => {
    expect(section(text, "limits")).toBe(tables.limits);
  });

  it.each(["ClientMessage", "ServerMessage"])("says when each body of %s is sent", (envelope) => {
    const body = new RegExp(`message ${envelope} \\{\\s+oneof body \\{([^}]+)\\}`).exec(proto)?.[1];
    const names = [...(body ?? "").matchAll(/^\s*(\w+) \w+ = \d+;/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(5);
    const heading =
      envelope === "ClientMessage" ? "From client to server" : "From server to client";
    const table = text.split(`### ${heading}`)[1]?.split("\n###")[0] ?? "";
    const rows = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows.toSorted()).toEqual(names.toSorted());
  });

  it("names the subprotocol and every update codec", () => {
    expect(text).toContain(`\`${WEBSOCKET_SUBPROTOCOL}\``);
    for (const codec of updateCodecNames) expect(text).toContain(`| \`${codec}\` |`);
  });
});
