import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { generate, generatedFile, SCHEMAS } from "../../infra/generate-messages.mjs";

it.each(SCHEMAS)("gives the committed messages when $path is generated again", async (schema) => {
  const committed = await readFile(generatedFile(schema), "utf8");
  expect(await generate(schema), "run `npm run wire` and commit the result").toBe(committed);
});
