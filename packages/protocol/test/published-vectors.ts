import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the published vectors are; tests that need them are skipped when it is unset. */
export const VECTORS: string | undefined =
  process.env["TRIBUTARY_DATA"] === undefined
    ? undefined
    : join(process.env["TRIBUTARY_DATA"], "vectors");

export function readVectors(path: string): string {
  return readFileSync(join(VECTORS ?? "", path), "utf8");
}

/** One Wycheproof file: its groups' own fields are merged into each of their tests. */
export function readWycheproof<Case>(name: string): (Case & { tcId: number; result: string })[] {
  const { testGroups } = JSON.parse(readVectors(`wycheproof/${name}_test.json`)) as {
    testGroups: { tests: (Case & { tcId: number; result: string })[] }[];
  };
  return testGroups.flatMap(({ tests, ...group }) => tests.map((test) => ({ ...group, ...test })));
}

/**
 * BoringSSL's text files: blocks of `NAME: value` or `NAME = value` lines with an empty line
 * between them. Values are hexadecimal, or text in double quotes, which is returned as hexadecimal.
 */
export function readBoringSsl(name: string): Map<string, string>[] {
  return readVectors(`rfc/boringssl_${name}_tests.txt`)
    .split(/\n\s*\n/)
    .map(
      (block) =>
        new Map(
          block
            .split("\n")
            .filter((line) => line !== "" && !line.startsWith("#"))
            .map((line) => {
              const [, key = "", value = ""] = /^(\w+)\s*[:=]\s*(.*)$/.exec(line) ?? [];
              const quoted = /^"(.*)"$/.exec(value)?.[1];
              return [key, quoted === undefined ? value : Buffer.from(quoted).toString("hex")];
            }),
        ),
    )
    .filter((fields) => fields.size > 0);
}
