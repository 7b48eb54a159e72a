import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { utf8, utf8Decode } from "../src/bytes/encoding.ts";
import { createNodeCryptoProvider } from "../src/crypto/node-crypto.ts";
import type { ModelDescription } from "../src/model/tfjs-model.ts";
import { builtinModelOf } from "../src/plan/builtin-model-of.ts";
import { decodePlan, encodePlan } from "../src/plan/plan-bytes.ts";
import { planOf } from "../src/plan/plan-of.ts";
import { parseTask, taskJsonSchema } from "../src/plan/parse-task.ts";
import { TASK_VERSION, readStoredTask } from "../src/plan/stored-task.ts";
import type { TaskDefinition } from "../src/plan/task-definition.ts";
import { seededRandom } from "../src/random/random-source.ts";
import { errorOf } from "./expect-error.ts";
import { samplePlan } from "./plan-sample.ts";
import { TASK_SAMPLES } from "./task-samples.ts";
import { vocabularyOf } from "./vocabulary.ts";

/** What is kept of each version of the stored form. It never changes once it is written. */
interface Frozen {
  /** What a task file could say then. */
  readonly vocabulary: readonly string[];
  /** What a server stored then. */
  readonly tasks: readonly object[];
  /** The plans that clients got of these tasks, as the text that was signed. */
  readonly plans: readonly string[];
}

const pathOf = (version: number): URL => new URL(`./frozen/task-${version}.json`, import.meta.url);
const planText = (task: TaskDefinition): string =>
  utf8Decode(encodePlan(planOf(task, modelOf(task))));
/** What is counted follows from the task; any model does for the others. */
const modelOf = (task: TaskDefinition): ModelDescription =>
  "builtin" in task.model && task.model.builtin === "statistics"
    ? builtinModelOf(task.model, task, seededRandom(createNodeCryptoProvider(), 1)).description
    : samplePlan.model;
const tasks = TASK_SAMPLES.map(parseTask);
const today: Frozen = {
  vocabulary: vocabularyOf(taskJsonSchema()),
  tasks,
  plans: tasks.map(planText),
};
const isMissing = !existsSync(pathOf(TASK_VERSION));
// UPDATE_FORMS=1 freezes a new version, and never changes an older one.
if (process.env["UPDATE_FORMS"] !== undefined && isMissing) {
  writeFileSync(pathOf(TASK_VERSION), `${JSON.stringify(today, null, 2)}\n`);
}
const frozen = (version: number): Frozen =>
  JSON.parse(readFileSync(pathOf(version), "utf8")) as Frozen;
const versions = Array.from({ length: TASK_VERSION }, (_, index) => index + 1);

describe("the stored form of tasks", () => {
  it("gets a step in task-steps.ts and a frozen version whenever task files change", () => {
    expect(today.vocabulary).toEqual(frozen(TASK_VERSION).vocabulary);
  });

  it.each(versions)("reads what version %i stored, with everything that came later", (version) => {
    for (const stored of frozen(version).tasks) {
      const task = readStoredTask(stored, version);
      // A key that the steps leave out would get today's default, which may be another one.
      expect(readStoredTask(task, TASK_VERSION)).toEqual(task);
      expect(parseTask(task)).toEqual(task);
      expect(task).toMatchObject(stored);
    }
  });

  it.each(versions)(
    "gives the tasks of version %i the plans that they had, to the byte",
    (version) => {
      const { tasks: stored, plans } = frozen(version);
      expect(stored.map((task) => planText(readStoredTask(task, version)))).toEqual(plans);
      for (const plan of plans) expect(decodePlan(utf8(plan)).version).toBe(1);
    },
  );

  it("reads a task of the first builds, which had neither schedule nor rule nor download", () => {
    const [stored] = frozen(1).tasks.map((task) => structuredClone(task) as Record<string, object>);
    for (const key of ["aggregation", "participation", "evaluation", "schedule", "budget"]) {
      delete stored![key];
    }
    Reflect.deleteProperty(stored!, "priority");
    for (const key of ["proximal", "gradientClipNorm", "download"]) {
      Reflect.deleteProperty(stored!["plan"]!, key);
    }
    expect(readStoredTask(stored, 1)).toEqual(readStoredTask(frozen(1).tasks[0], 1));
  });

  it("reads a task that a rule for new tasks would refuse today", () => {
    const [smallest] = tasks;
    const round = { ...smallest!.round, goalCount: 16_384, overselection: 2 };
    expect(readStoredTask({ ...smallest, round }, TASK_VERSION)).toMatchObject({ round });
    errorOf(() => parseTask({ ...smallest, round }), "TASK_INVALID");
  });

  it("says of a task of a newer version which version that is", () => {
    const error = errorOf(
      () => readStoredTask({ ...today.tasks[0], newer: 1 }, TASK_VERSION + 1),
      "TASK_UNREADABLE",
    );
    expect(error.message).toContain(`version ${TASK_VERSION + 1} of the form`);
    expect(error.message).toContain("Run the newer version again");
  });

  it.each([null, 7, "task", [], {}, { plan: null }, { population: "keyboard" }])(
    "says of %j that it is no task",
    (value) => {
      for (const version of versions) {
        const error = errorOf(() => readStoredTask(value, version), "TASK_UNREADABLE");
        expect(error.message).toContain("What is stored is no task");
      }
    },
  );
});
