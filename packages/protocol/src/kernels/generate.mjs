// Compiles the AssemblyScript of assembly/ and embeds the module in kernels.generated.ts: `npm run kernels`. A test runs
// `generate` and compares.
//
// To add a kernel: write it in a file of its own in assembly/ (each one there is an entry: what it exports, the module exports;
// what is only imported goes to assembly/shared/), write its twin in TypeScript, declare both by one interface in kernels.ts,
// run `npm run kernels`, and hold the two together in test/kernels.test.ts. A kernel takes byte offsets into the module's
// memory, allocates nothing, and keeps no state. No relaxed SIMD, no exp or log of the host, no fused multiply-add: the
// result has the same bits everywhere. No decorators: the formatter does not read them, and asc inlines anyway.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const here = dirname(fileURLToPath(import.meta.url));

/** @returns {Promise<string>} The text of kernels.generated.ts. */
export async function generate() {
  const entries = readdirSync(join(here, "assembly"))
    .filter((name) => name.endsWith(".ts"))
    .toSorted();
  const written = new Map();
  let said = "";
  const { error } = await asc.main(
    [
      ...entries.map((name) => `assembly/${name}`),
      ...["--outFile", "kernels.wasm", "--optimizeLevel", "3", "--shrinkLevel", "0", "--converge"],
      ...["--enable", "simd", "--runtime", "stub", "--noAssert"],
      ...["--use", "abort=", "--initialMemory", "4"],
    ],
    {
      readFile: (name, base) => {
        try {
          return readFileSync(join(here, base === "" || base === "." ? "" : base, name), "utf8");
        } catch {
          return null;
        }
      },
      writeFile: (name, contents) => void written.set(name, contents),
      listFiles: () => [],
      stderr: { write: (text) => ((said += text), true) },
    },
  );
  const module = written.get("kernels.wasm");
  if (error || module === undefined) throw new Error(`asc failed\n${said}`, { cause: error });
  const lines =
    Buffer.from(module)
      .toString("base64url")
      .match(/.{1,100}/g) ?? [];
  return [
    "// Compiled from assembly/ by generate.mjs: do not edit.",
    "",
    `/** The module's ${module.length} bytes, base64url. */`,
    "export const KERNELS_MODULE: string =",
    lines.map((line) => `  "${line}"`).join(" +\n") + ";",
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(here, "kernels.generated.ts"), await generate());
}
