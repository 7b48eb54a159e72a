import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readTaskFile } from "../src/files/task-file.ts";

const EXAMPLES = fileURLToPath(new URL("../../../examples", import.meta.url));

/** Of the folder of tasks, and of each example that has one. */
const TASK_FILES = [
  ...readdirSync(join(EXAMPLES, "tasks")).map((name) => join("tasks", name)),
  "browser-digits/task.yaml",
];

test.each(TASK_FILES)("the example %s is a task", async (file) => {
  await expect(readTaskFile(join(EXAMPLES, file))).resolves.toMatchObject({
    plan: { metrics: ["accuracy"] },
  });
});
