// A program that uses the protocol must not depend on the schema library inside it. So no declaration
// file that the main entry reaches may name the library.
import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const entry = new URL("../../packages/protocol/dist/index.d.ts", import.meta.url);

/** Every declaration file that a file reaches by its imports, with its text. */
function declarationsFrom(file: URL, seen: Map<string, string> = new Map()): Map<string, string> {
  if (seen.has(file.href)) return seen;
  const text = readFileSync(file, "utf8");
  seen.set(file.href, text);
  for (const [, from, inline] of text.matchAll(/from "(\.[^"]+)"|import\("(\.[^"]+)"\)/g)) {
    const next = new URL((from ?? inline)!.replace(/\.[jt]s$/, ".d.ts"), file);
    expect(existsSync(next), next.pathname).toBe(true);
    declarationsFrom(next, seen);
  }
  return seen;
}

it("the public types of the protocol do not depend on the schema library", () => {
  const declarations = declarationsFrom(entry);
  expect(declarations.size).toBeGreaterThan(50);
  const dependent = [...declarations].filter(([, text]) => text.includes("zod"));
  expect(dependent.map(([path]) => path)).toEqual([]);
});
