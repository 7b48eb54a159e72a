import { expect, it } from "vitest";
import { isWithinBudget, sizeTable } from "../../infra/bundle-sizes.mjs";

const bundle = (gzipBytes: number) => ({
  name: "the client",
  bytes: 123_456,
  gzipBytes,
  budgetKb: 60,
});

it("says of each bundle whether it is within its budget, in kB of 1,000 bytes", () => {
  const sizes = [bundle(60_000), bundle(60_001)];
  expect(sizes.map(isWithinBudget)).toEqual([true, false]);
  expect(sizeTable(sizes)).toBe(
    [
      "bundle      minified  gzip  budget",
      "the client     123.5  60.0    60.0  passes",
      "the client     123.5  60.0    60.0  OVER ITS BUDGET",
      "",
    ].join("\n"),
  );
});
