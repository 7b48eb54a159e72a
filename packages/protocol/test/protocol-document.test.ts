import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  DEFAULT_LIMITS,
  ERROR_CODES,
  PROTOCOL_CONSTANTS,
  WEBSOCKET_SUBPROTOCOL,
  updateCodecNames,
} from "../src/index.ts";

// docs/protocol.md is normative, and these tests compare it with the code. Its tables of errors,
// of constants and of limits are made from the code: `UPDATE_DOCS=1` writes them anew.

const documentPath = new URL("../../../docs/protocol.md", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

/**
 * The text of each comment in front of a line that matches, on one line, by the name that matches.
 */
function commentsIn(path: string, line: string): ReadonlyMap<string, string> {
  const pattern = new RegExp(String.raw`/\*\*((?:(?!\*/)[^])*)\*/\s+${line}`, "g");
  return new Map(
    Array.from(read(path).matchAll(pattern), ([, comment = "", name = ""]) => [
      name,
      comment.replaceAll(/\s*\n\s*\*?\s*/g, " ").trim(),
    ]),
  );
}

function errorTable(): string {
  const meanings = commentsIn("../src/errors.ts", String.raw`([A-Z_]+): code\(`);
  const rows = Object.entries(ERROR_CODES)
    .filter(([, { wire, close }]) => wire !== null || close !== null)
    .map(([name, { wire, close, retryable }]) => {
      const again = retryable ? "yes" : "no";
      return `| \`${name}\` | ${wire ?? ""} | ${close ?? ""} | ${again} | ${meanings.get(name)} |`;
    });
  const head = [
    "| code | number | close code | worth trying again | meaning |",
    "|---|---|---|---|---|",
  ];
  return [...head, ...rows].join("\n");
}

/**
 * What each limit or constant means and, behind its tag, its number and the reason for it.
 */
function numberComments(
  path: string,
): { name: string; meaning: string; value: string; reason: string }[] {
  const comments = commentsIn(path, String.raw`readonly (\w+): number;`);
  return Array.from(comments, ([name, text]) => {
    const [, meaning = "", value = "", reason = ""] =
      /^(.+) @(?:defaultValue|remarks) ([\d,]+)\. (.+)$/.exec(text) ?? [];
    return { name, meaning, value, reason };
  });
}

const limitComments = numberComments("../src/limits.ts");
const constantComments = numberComments("../src/protocol-constants.ts");

function numberTable(comments: typeof limitComments, heads: readonly string[]): string {
  const rows = comments.map(
    ({ name, meaning, value, reason }) => `| \`${name}\` | ${value} | ${meaning} | ${reason} |`,
  );
  return [`| ${heads.join(" | ")} |`, "|---|---|---|---|", ...rows].join("\n");
}

/** The numbers that the comments give, by name. */
const namedValues = (comments: typeof limitComments): Readonly<Record<string, number>> =>
  Object.fromEntries(
    comments.map(({ name, value }) => [name, Number(value.replaceAll(",", ""))] as const),
  );

function section(text: string, name: string): string {
  const match = new RegExp(`<!-- ${name}:begin -->\\n([\\s\\S]*?)\\n?<!-- ${name}:end -->`).exec(
    text,
  );
  return match?.[1]?.trim() ?? "";
}

const tables = {
  errors: errorTable(),
  constants: numberTable(constantComments, ["constant", "value", "meaning", "why this value"]),
  limits: numberTable(limitComments, ["limit", "default", "meaning", "why this default"]),
};

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

  it("lists every error code with its numbers and its meaning, and no other", () => {
    expect(tables.errors).not.toContain("undefined");
    expect(section(text, "errors")).toBe(tables.errors);
  });

  it("lists every limit with its default, its meaning and the reason for the default", () => {
    expect(namedValues(limitComments)).toEqual(DEFAULT_LIMITS);
    expect(section(text, "limits")).toBe(tables.limits);
  });

  it("lists every constant of the protocol with its value, apart from the limits", () => {
    expect(namedValues(constantComments)).toEqual(PROTOCOL_CONSTANTS);
    expect(section(text, "constants")).toBe(tables.constants);
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

  it("names the WebSocket subprotocol and every update codec", () => {
    expect(text).toContain(`\`${WEBSOCKET_SUBPROTOCOL}\``);
    for (const codec of updateCodecNames) expect(text).toContain(`| \`${codec}\` |`);
  });
});
