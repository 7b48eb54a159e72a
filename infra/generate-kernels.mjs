// Compiles the kernels' AssemblyScript to WebAssembly and writes each module, as text, into a
// TypeScript file that is committed: `npm run kernels`. A test of the project compiles again and
// compares with the committed files.
//
// The project has two modules of kernels, and `KERNEL_MODULES` lists them. Everything else holds
// for both:
//
// - `assembly/index.ts` names what the module exports; the other files in `assembly/` are what it
//   is made of. A program `NAME.mjs` there writes the source of `NAME.ts`, where AssemblyScript
//   would need macros.
// - Every kernel has a twin in TypeScript with the same name and the same bits. A kernel keeps no
//   state and allocates nothing. Its addresses are those that
//   packages/protocol/src/kernels/address.ts describes: `usize` in AssemblyScript.
// - No relaxed SIMD, no exp or log of the host and no fused multiply-add: results have the same
//   bits on every machine.
// - No decorators, which the formatter cannot read. The compiler inlines small functions on its
//   own, and larger ones whose comment ends with the tag `@inline`.
//
// To add a kernel: write it in `assembly/` and export it in `assembly/index.ts`, declare it in the
// interface that the module and the twin share, write the twin, run `npm run kernels`, and add a
// case to the package's table of kernel cases in its tests, which fail until every kernel has one.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Not named in the `import` itself, which would bring the compiler's global types into the checks
 * of all scripts.
 */
const COMPILER = "assemblyscript/asc";

/**
 * What differs between the modules.
 * @typedef {object} KernelModule
 * @property {string} folder - The folder of `assembly/` and of the generated file, from the root of
 *   the repository.
 * @property {string} constant - The name of the exported constant that holds the module.
 * @property {string} purpose - Completes the constant's comment: "The WebAssembly module of …".
 * @property {number} maxGzipBytes - The test fails when the compressed module is larger than this.
 */

/** @type {readonly KernelModule[]} */
export const KERNEL_MODULES = [
  {
    folder: "packages/protocol/src/kernels",
    constant: "UPDATE_KERNELS_MODULE",
    purpose: "the update codecs' kernels",
    maxGzipBytes: 6_000,
  },
  {
    folder: "packages/client-sdk/src/training/fused/kernels/wasm",
    constant: "TRAINING_KERNELS_MODULE",
    purpose: "the fused trainer's kernels",
    maxGzipBytes: 60_000,
  },
];

const root = new URL("../", import.meta.url);

/**
 * @param {KernelModule} module
 * @returns {URL} The generated file, which the code of the package imports.
 */
export function generatedFile({ folder }) {
  return new URL(`${folder}/kernels-module.generated.ts`, root);
}

/**
 * Compiles a module. The same sources give the same bytes on every machine.
 * @param {KernelModule} module
 * @returns {Promise<Uint8Array>} The bytes of the WebAssembly module.
 */
export async function compileKernels({ folder }) {
  const { default: asc } = await import(COMPILER);
  const sources = await readSources(new URL(`${folder}/assembly/`, root));
  /** @type {string | Uint8Array | undefined} */
  let module;
  let messages = "";
  const { error } = await asc.main(
    [
      ...["index.ts", "--outFile", "kernels.wasm", "--runtime", "stub", "--enable", "simd"],
      ...["-O3", "--converge", "--noAssert", "--use", "abort="],
    ],
    {
      readFile: (/** @type {string} */ name) => sources.get(name) ?? null,
      writeFile: (/** @type {string} */ name, /** @type {string | Uint8Array} */ contents) => {
        if (name === "kernels.wasm") module = contents;
      },
      listFiles: () => [],
      stderr: {
        write: (/** @type {string} */ text) => {
          messages += text;
        },
      },
    },
  );
  if (error !== null || module === undefined) {
    throw new Error(`The kernels in ${folder} do not compile:\n${messages}`, { cause: error });
  }
  return Uint8Array.from(Buffer.from(module));
}

/**
 * @param {URL} folder - A folder `assembly/`.
 * @returns {Promise<ReadonlyMap<string, string>>} The sources in AssemblyScript, by file name.
 */
async function readSources(folder) {
  /** @type {Map<string, string>} */
  const sources = new Map();
  for (const name of readdirSync(folder)) {
    const file = new URL(name, folder);
    if (name.endsWith(".mjs")) {
      const { writeSource } = await import(file.href);
      sources.set(name.replace(".mjs", ".ts"), writeSource());
    } else {
      sources.set(name, withDecorators(readFileSync(file, "utf8")));
    }
  }
  return sources;
}

/**
 * @param {string} source
 * @returns {string} The source with a decorator for each tag `@inline` that ends a comment.
 */
function withDecorators(source) {
  return source.replaceAll(/ \* @inline\n \*\/\n/g, " */\n@inline\n");
}

/**
 * @param {KernelModule} module
 * @param {Uint8Array} bytes - The compiled module.
 * @returns {string} The text of the generated file.
 */
export function generatedText({ constant, purpose }, bytes) {
  return [
    "// Compiled from assembly/ by `npm run kernels`: do not edit.",
    "",
    `/** The WebAssembly module of ${purpose}: ${bytes.length} bytes in base64. */`,
    `export const ${constant}: string =`,
    `  "${Buffer.from(bytes).toString("base64")}";`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const module of KERNEL_MODULES) {
    const bytes = await compileKernels(module);
    writeFileSync(generatedFile(module), generatedText(module, bytes));
    console.log(`${module.folder}: ${bytes.length} bytes`);
  }
}
