import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";

const fused = new URL("../../packages/client-sdk/src/training/fused/", import.meta.url);

it("gives the committed WebAssembly module when its sources are compiled again", async () => {
  const { compile, generatedText } = (await import(new URL("generate.mjs", fused).href)) as {
    compile(): Promise<Uint8Array>;
    generatedText(bytes: Uint8Array): string;
  };
  const committed = await readFile(new URL("fused-module.generated.ts", fused), "utf8");
  const bytes = await compile();
  expect(generatedText(bytes), "run `npm run fused` and commit the result").toBe(committed);
  expect(gzipSync(bytes).length).toBeLessThanOrEqual(40_000);
});
