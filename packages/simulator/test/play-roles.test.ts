import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPlayRoles } from "../src/index.ts";

const dataFolder = process.env["TRIBUTARY_DATA"];

const speeches = (role: string, lines: number): string =>
  `${role}:\n${Array.from({ length: lines }, (_, line) => `${role} says ${line}.`).join("\n")}\n\n`;

describe("dividing plays among their roles", () => {
  it("gives each role its lines, and holds the last fifth of them out", () => {
    const text = `${speeches("ROMEO", 3)}${speeches("A Nurse", 2)}Exeunt.\n\n${speeches("ROMEO", 2)}`;
    expect(readPlayRoles(text)).toEqual([
      {
        role: "ROMEO",
        train: "ROMEO says 0.\nROMEO says 1.\nROMEO says 2.\nROMEO says 0.\n",
        test: "ROMEO says 1.\n",
      },
    ]);
    expect(readPlayRoles(text.replaceAll("\n", "\r\n"))).toEqual(readPlayRoles(text));
  });

  it.skipIf(dataFolder === undefined)("finds the roles of Shakespeare", () => {
    const text = readFileSync(join(dataFolder!, "shakespeare/tinyshakespeare.txt"), "utf8");
    const roles = readPlayRoles(text);
    const published = JSON.parse(
      readFileSync(join(dataFolder!, "shakespeare/roles.json"), "utf8"),
    ) as { roles: { role: string; chars: number }[] };
    expect(roles.length).toBeGreaterThan(200);
    const known = new Set(published.roles.map(({ role }) => role));
    expect(roles.filter(({ role }) => !known.has(role))).toEqual([]);
    const duke = roles.find(({ role }) => role === "DUKE VINCENTIO")!;
    const chars = published.roles.find(({ role }) => role === "DUKE VINCENTIO")!.chars;
    // The published count has no line break at the end of each speech.
    expect(Math.abs(duke.train.length + duke.test.length - chars)).toBeLessThan(200);
  });
});
