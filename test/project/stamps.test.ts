import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fingerprint } from "../../infra/fingerprint.mjs";
import { Stamps } from "../../infra/stamps.mjs";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tributary-stamps-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
};
const print = (...facts: string[]) => fingerprint(folder, [folder], facts);

it("gives the same fingerprint for the same contents, whenever they were written", () => {
  write("a", "1");
  const before = print();
  write("a", "1");
  expect(print()).toBe(before);
});

it("gives another fingerprint for a changed file, name, place or fact", () => {
  mkdirSync(join(folder, "below"));
  const seen = [print()];
  write("a", "1");
  seen.push(print());
  write("a", "2");
  seen.push(print());
  write("below/a", "2");
  seen.push(print(), print("v20"));
  expect(new Set(seen).size).toBe(seen.length);
});

it("passes over a file that is not there", () => {
  expect(fingerprint(folder, [join(folder, "nothing")])).toBe(fingerprint(folder, []));
});

it("remembers and forgets steps", () => {
  const path = join(folder, ".cache", "set-up.json");
  new Stamps(path).set("build", "x");
  new Stamps(path).set("packages", "y");
  expect(new Stamps(path).get("build")).toBe("x");
  new Stamps(path).set("build", undefined);
  expect([new Stamps(path).get("build"), new Stamps(path).get("packages")]).toEqual([
    undefined,
    "y",
  ]);
});

it("counts a damaged file as empty", () => {
  write("set-up.json", "{");
  expect(new Stamps(join(folder, "set-up.json")).get("build")).toBeUndefined();
});
