import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../src/index.ts";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

/** The cells of each row that begins with a code. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe("docs/errors.md", () => {
  it("has one row for each code, with its close code and whether to try again", () => {
    const documented = rows.map(([code, close, again]) => [code, close, again]);
    const table = Object.entries(ERROR_CODES).map(([code, { close, retryable }]) => [
      `\`${code}\``,
      String(close ?? ""),
      retryable ? "yes" : "no",
    ]);
    expect(documented.toSorted()).toEqual(table.toSorted());
  });

  it("says of each code who sees it, what it means and what to do, in whole sentences", () => {
    for (const [code, , , who, meaning, action, ...more] of rows) {
      expect(who, code).toMatch(/^(app|operator|app, operator|nobody today)$/);
      expect(meaning, code).toMatch(/^[A-Z`].*\.$/);
      expect(action, code).toMatch(/^[A-Z`].*[.)]$/);
      expect(more, code).toEqual([]);
    }
  });
});
