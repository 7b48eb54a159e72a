// Regenerates fused-module.generated.ts from assembly/*.ts: `npm run fused`. A test does the same and compares.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { registerTiles } from "./register-tiles.mjs";

const here = dirname(fileURLToPath(import.meta.url));

/** @returns {Promise<Uint8Array>} The bytes of the WebAssembly module. */
export async function compile() {
  /** @type {Map<string, string>} */
  const sources = new Map(
    readdirSync(join(here, "assembly")).map((name) => [
      name,
      readFileSync(join(here, "assembly", name), "utf8"),
    ]),
  );
  // AssemblyScript has no macros: what differs only in its number of rows is written by a program.
  sources.set("register-tiles.ts", registerTiles());
  let bytes = new Uint8Array(0);
  let faults = "";
  const { error } = await asc.main(
    [
      ...["index.ts", "--outFile", "fused.wasm", "--runtime", "stub", "--enable", "simd"],
      ...["-O3", "--converge", "--noAssert", "--use", "abort="],
    ],
    {
      readFile: (name) => sources.get(name) ?? null,
      writeFile: (name, contents) => {
        if (name.endsWith(".wasm")) bytes = Uint8Array.from(Buffer.from(contents));
      },
      listFiles: () => [],
      stderr: { write: (/** @type {string} */ text) => (faults += text) },
    },
  );
  if (error !== null) throw new Error(`${faults}\n${error.message}`);
  return bytes;
}

/**
 * @param {Uint8Array} bytes - The module.
 * @returns {string} The text of fused-module.generated.ts.
 */
export function generatedText(bytes) {
  const text = Buffer.from(bytes).toString("base64");
  return [
    "// Generated from assembly/*.ts by generate.mjs: do not edit.",
    "/** The WebAssembly module of the fused trainer, base64. */",
    "export const FUSED_MODULE_BASE64: string =",
    `  "${text}";`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(here, "fused-module.generated.ts"), generatedText(await compile()));
}
