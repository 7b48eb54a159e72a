import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { checkModelFit, builtinModelOf, parseTask, seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { parseYaml, readTaskFile } from "@tributary/simulator/files";

const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));

/** Of the folder of tasks, and of each example that has one. */
const TASK_FILES = [
  ...readdirSync(join(EXAMPLES, "tasks")).map((name) => join("tasks", name)),
  "browser-digits/task.yaml",
];

test.each(TASK_FILES)("the example %s is a task", async (file) => {
  await expect(readTaskFile(join(EXAMPLES, file))).resolves.toMatchObject({
    plan: { metrics: expect.arrayContaining(["accuracy"]) },
  });
});

const REFERENCE = fileURLToPath(new URL("../../../docs/task-file.md", import.meta.url));
const WRITTEN = [...readFileSync(REFERENCE, "utf8").matchAll(/```yaml\n(population:[^`]*)```/g)];

test.each(WRITTEN.map(([, text]) => [text!]))("docs/task-file.md shows a task: %s", (text) => {
  const task = parseTask(parseYaml(text, REFERENCE, "TASK_INVALID"));
  if (!("builtin" in task.model)) return;
  const random = seededRandom(createNodeCryptoProvider(), 1);
  checkModelFit(task, builtinModelOf(task.model, task, random).description);
});
