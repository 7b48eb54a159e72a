// The public types are written by hand, so that they do not depend on zod. Here each of them is
// held to what its schema parses to, in both directions: a key that only one of the two has does
// not compile.
import { expectTypeOf, test } from "vitest";
import type { ParsedPlan } from "../src/plan/plan-schema.ts";
import type { Plan } from "../src/plan/plan.ts";
import type { TaskDefinition } from "../src/plan/task-definition.ts";
import type { ParsedTask } from "../src/plan/task-schema.ts";

/** The type with every property and every list read-only, as the public types have them. */
type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

test("a plan's type is what its schema parses to", () => {
  expectTypeOf<DeepReadonly<ParsedPlan>>().toEqualTypeOf<Plan>();
});

test("a task's type is what its schema parses to", () => {
  expectTypeOf<DeepReadonly<ParsedTask>>().toEqualTypeOf<TaskDefinition>();
});
