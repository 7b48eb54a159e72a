import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

const wire = new URL("../../packages/protocol/src/wire/", import.meta.url);

it("gives the committed messages when the protobuf schema is generated again", async () => {
  const { generate } = (await import(new URL("generate.mjs", wire).href)) as {
    generate(): Promise<string>;
  };
  const committed = await readFile(new URL("messages.generated.ts", wire), "utf8");
  expect(await generate(), "run `npm run wire` and commit the result").toBe(committed);
});
