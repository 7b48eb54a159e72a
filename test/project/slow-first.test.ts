import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { SLOW_FILES } from "../../infra/slow-first.mjs";

it("the slow test files are named by paths that there are", () => {
  const lost = SLOW_FILES.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)));
  expect(lost).toEqual([]);
});
