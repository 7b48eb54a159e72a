import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  compileKernels,
  generatedFile,
  generatedText,
  KERNEL_MODULES,
} from "../../infra/generate-kernels.mjs";

describe.each(KERNEL_MODULES)("the kernels in $folder", (module) => {
  it("compile to the module that is committed", async () => {
    const committed = await readFile(generatedFile(module), "utf8");
    const bytes = await compileKernels(module);
    expect(generatedText(module, bytes), "run `npm run kernels` and commit the result").toBe(
      committed,
    );
    expect(gzipSync(bytes).length).toBeLessThanOrEqual(module.maxGzipBytes);
  });
});
