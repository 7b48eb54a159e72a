// Generates messages.generated.ts from tributary.proto: run `npm run wire`. A test calls `generate`
// and compares the result with the file, so that the two cannot drift apart.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pbjs from "protobufjs-cli/pbjs.js";

const here = dirname(fileURLToPath(import.meta.url));

/** @returns {Promise<string>} The text of messages.generated.ts. */
export async function generate() {
  const output = await new Promise((resolve, reject) => {
    pbjs.main(
      [
        ...[
          "-t",
          "static-module",
          "-w",
          "es6",
          "--es6",
          "--no-comments",
          "--no-create",
          "--no-verify",
        ],
        ...["--no-convert", "--no-delimited", "--no-typeurl", "--no-service", "--force-number"],
        ...["--dependency", "protobufjs/minimal.js", join(here, "tributary.proto")],
      ],
      (error, text) => (error ? reject(error) : resolve(text)),
    );
  });
  // The generated code has no types; the import gives it those that the package uses.
  return [
    "// @ts-nocheck",
    "// Generated from tributary.proto by generate.mjs: do not edit.",
    'import type { GeneratedMessages } from "./generated-messages.ts";',
    output
      .trim()
      .replace("export const tributary =", "export const tributary: GeneratedMessages =")
      .replace(/^export \{[^}]*\};?$/m, ""),
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(here, "messages.generated.ts"), await generate());
}
