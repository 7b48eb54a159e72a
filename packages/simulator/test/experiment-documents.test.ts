import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectSection } from "../../protocol/test/document-section.ts";
import { renderTaskKeys } from "../../protocol/test/task-reference.ts";
import { EXPERIMENT_KEYS, experimentJsonSchema } from "../src/experiment/experiment-schema.ts";

const PUBLISHED = new URL("../../../docs/schemas/experiment.json", import.meta.url);

describe("the schema of experiment files", () => {
  it("is published as it is", () => {
    const text = `${JSON.stringify(experimentJsonSchema(), undefined, 2)}\n`;
    if (process.env["UPDATE_DOCS"] !== undefined) writeFileSync(PUBLISHED, text);
    expect(readFileSync(PUBLISHED, "utf8")).toBe(text);
  });

  it("has the keys that docs/simulation.md lists", () => {
    const schema = experimentJsonSchema() as { properties: Record<string, object> };
    const properties = Object.fromEntries(
      EXPERIMENT_KEYS.map((key) => [key, schema.properties[key]]),
    );
    expectSection("simulation.md", "experiment-keys", renderTaskKeys({ ...schema, properties }));
  });
});
