// Generates the code that reads and writes the messages of each protobuf schema: `npm run wire`. A test
// of the project generates again and compares with the committed files.
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** protobufjs-cli is installed for the package whose messages go over the wire. */
const pbjs = createRequire(new URL("../packages/protocol/package.json", import.meta.url))(
  "protobufjs-cli/pbjs.js",
);

/**
 * @typedef {object} Schema
 * @property {string} path - The path of the .proto file, from the top of the repository.
 * @property {string} generated - The name of the generated file beside it.
 * @property {string} name - The first part of the schema's package.
 * @property {string} type - The type that the rest of the code sees of it.
 * @property {string} typeFile - Where that type is, beside it.
 * @property {readonly string[]} flags - Of pbjs, beyond those that all schemas have.
 */

/** @type {readonly Schema[]} */
export const SCHEMAS = [
  {
    path: "packages/protocol/src/wire/tributary.proto",
    generated: "messages.generated.ts",
    name: "tributary",
    type: "GeneratedMessages",
    typeFile: "generated-messages.ts",
    flags: [],
  },
  {
    path: "packages/client-sdk/src/training/native/onnx/onnx.proto",
    generated: "onnx.generated.ts",
    name: "onnx",
    type: "OnnxMessages",
    typeFile: "onnx-messages.ts",
    // Graphs are written, and never read.
    flags: ["--no-decode"],
  },
];

const FLAGS = [
  ...["-t", "static-module", "-w", "es6", "--es6", "--no-comments", "--no-create", "--no-verify"],
  ...["--no-convert", "--no-delimited", "--no-typeurl", "--no-service", "--force-number"],
  ...["--dependency", "protobufjs/minimal.js"],
];

/** @param {Schema} schema */
export function generatedFile({ path, generated }) {
  return new URL(`../${path.slice(0, -basename(path).length)}${generated}`, import.meta.url);
}

/**
 * @param {Schema} schema
 * @returns {Promise<string>} The text of the generated file.
 */
export async function generate({ path, name, type, typeFile, flags }) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const output = await new Promise((resolve, reject) => {
    pbjs.main(
      [...FLAGS, ...flags, file],
      (/** @type {Error | null} */ error, /** @type {string} */ text) =>
        error ? reject(error) : resolve(text),
    );
  });
  // The generated code has no types; the import gives it those that the package uses.
  return [
    "// @ts-nocheck",
    `// Generated from ${basename(path)} by \`npm run wire\`: do not edit.`,
    `import type { ${type} } from "./${typeFile}";`,
    output
      .trim()
      .replace(`export const ${name} =`, `export const ${name}: ${type} =`)
      .replace(/^export \{[^}]*\};?$/m, ""),
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const schema of SCHEMAS) writeFileSync(generatedFile(schema), await generate(schema));
}
