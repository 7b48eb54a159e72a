import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

const kernels = new URL("../../packages/protocol/src/kernels/", import.meta.url);

it("gives the committed kernels when their AssemblyScript is compiled again", async () => {
  const { generate } = (await import(new URL("generate.mjs", kernels).href)) as {
    generate(): Promise<string>;
  };
  const committed = await readFile(new URL("kernels.generated.ts", kernels), "utf8");
  expect(await generate(), "run `npm run kernels` and commit the result").toBe(committed);
});
