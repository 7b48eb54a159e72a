import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The folder of the published vectors. Tests that need them are skipped when it is `undefined`. */
export const VECTORS: string | undefined =
  process.env["TRIBUTARY_DATA"] === undefined
    ? undefined
    : join(process.env["TRIBUTARY_DATA"], "vectors");

/** Reads one file of the folder as text. */
export function readVectors(path: string): string {
  return readFileSync(join(VECTORS ?? "", path), "utf8");
}

/**
 * Reads the tests of one Wycheproof file. The fields of a group are merged into each of its tests.
 */
export function readWycheproof<Case>(name: string): (Case & { tcId: number; result: string })[] {
  const { testGroups } = JSON.parse(readVectors(`wycheproof/${name}_test.json`)) as {
    testGroups: { tests: (Case & { tcId: number; result: string })[] }[];
  };
  return testGroups.flatMap(({ tests, ...group }) => tests.map((test) => ({ ...group, ...test })));
}

/**
 * Reads one of BoringSSL's text files: blocks of `NAME: value` or `NAME = value` lines with an
 * empty line between them. Values are hexadecimal, or text in double quotes, which is returned as
 * hexadecimal.
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
