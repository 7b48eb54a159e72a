import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findBrokenLinks } from "../../infra/links.mjs";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tributary-links-"));
  mkdirSync(join(folder, "docs"));
  writeFileSync(join(folder, "docs/b.md"), "# The `round`, closing\n\n## Twice\n\n## Twice\n");
});

afterEach(() => rmSync(folder, { recursive: true }));

const broken = (text: string) => {
  writeFileSync(join(folder, "a.md"), text);
  return findBrokenLinks(folder);
};

it("accepts files, folders, headings and addresses elsewhere", () => {
  const targets = ["docs/b.md", "docs", "docs/b.md#the-round-closing", "docs/b.md#twice-1", "#own"];
  const links = [...targets, "https://example.org/x#y"].map(
    (target) => `[text](${target} "title")`,
  );
  expect(broken(`# Own\n${links.join("\n")}`)).toEqual([]);
});

it("names the line of a link to a file that is not there", () => {
  expect(broken("one\n[two](docs/c.md)")).toEqual(["a.md:2: docs/c.md does not exist"]);
});

it("names the line of a link to a heading that is not there", () => {
  expect(broken("[x](docs/b.md#nowhere)")).toEqual(["a.md:1: docs/b.md#nowhere names no heading"]);
});

it("takes nothing in code for a link", () => {
  expect(broken("`[x](y)`\n\n```md\n[x](y)\n```\n")).toEqual([]);
});
