// Documents have sections that are made from the code, between `<!-- NAME:begin -->` and
// `<!-- NAME:end -->`. A test holds a section to the code. With UPDATE_DOCS=1 it writes the
// section.
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "vitest";

const docs = new URL("../../../docs/", import.meta.url);

/** Expects that a section of a document in docs/ has this text. */
export function expectSection(document: string, name: string, text: string): void {
  const path = new URL(document, docs);
  const section = new RegExp(`(<!-- ${name}:begin -->\\n)([^]*?)(<!-- ${name}:end -->)`);
  if (process.env["UPDATE_DOCS"] !== undefined) {
    const before = readFileSync(path, "utf8");
    const after = before.replace(section, (_, begin, __, end) => `${begin}${text}\n${end}`);
    writeFileSync(path, after);
  }
  expect(section.exec(readFileSync(path, "utf8"))?.[2]).toBe(`${text}\n`);
}

/** A table in Markdown. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}
