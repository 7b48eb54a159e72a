import { describe, expect, it } from "vitest";
import { parseYaml } from "../src/files/yaml.ts";

function refusal(text: string): { message: string; context: Readonly<Record<string, unknown>> } {
  try {
    parseYaml(text, "task.yaml", "TASK_INVALID");
  } catch (error) {
    if (error instanceof Error && "context" in error) {
      const { message, context } = error;
      return { message, context: { ...(context as object) } };
    }
    throw error;
  }
  throw new Error("It was accepted");
}

describe("a file that is not YAML", () => {
  it.each([
    ["a key that stands there twice", "a: 1\nb: 2\na: 3\n", 3, 1, /second time/],
    ["a tab that indents", "a:\n\tb: 1\n", 2, 1, /tab/i],
    ["a second document", "a: 1\n---\nb: 2\n", 2, 1, /second document/],
    ["a bracket without its end", "a: [1, 2\n", 2, 1, /./],
  ])("is refused with line and column: %s", (_what, text, line, column, reason) => {
    const { message, context } = refusal(text);
    expect(message).toContain(`The file task.yaml is not YAML (line ${line}, column ${column}: `);
    expect(message).toMatch(reason);
    expect(context).toEqual({ file: "task.yaml", line, column });
  });

  it("is refused when an alias has no anchor, or there are too many of them", () => {
    expect(refusal("a: *b\n").message).toContain("task.yaml is not YAML");
    const layers = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"];
    for (let layer = 1; layer < 9; layer++) {
      const below = Array.from({ length: 9 }, () => `*a${layer - 1}`).join(",");
      layers.push(`a${layer}: &a${layer} [${below}]`);
    }
    expect(refusal(layers.join("\n")).message).toContain("task.yaml is not YAML");
  });
});

it("A file may begin with a byte order mark, and may use anchors", () => {
  expect(parseYaml("\uFEFFa: &x 1\nb: *x\n", "task.yaml", "TASK_INVALID")).toEqual({ a: 1, b: 1 });
});
