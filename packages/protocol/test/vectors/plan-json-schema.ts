import { z } from "zod";
import { planSchema } from "../../src/plan/plan-schema.ts";

/** The JSON Schema (2020-12) of a plan. */
export function makePlanJsonSchema(): object {
  const schema = z.toJSONSchema(planSchema, {
    unrepresentable: "any",
    // The topology: what tfjs writes in this object is not for a plan's schema to say.
    override({ path, jsonSchema }) {
      if (path.at(-1) === "topology") jsonSchema.type = "object";
    },
  });
  return { title: "Tributary plan", ...schema };
}
