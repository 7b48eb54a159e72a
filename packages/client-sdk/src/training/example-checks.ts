import type { Plan } from "@tributary/protocol";
import { requireAllClasses } from "../examples/agreed-examples.ts";
import { invalidExample, requireConsistent } from "../examples/example-faults.ts";
import type { Examples } from "../examples/examples.ts";
import type { EngineModel } from "./engine-model.ts";
import {
  classesOf,
  exampleFormat,
  inputShapeFor,
  requireRows,
  requireUsable,
  type ExampleFormat,
} from "./example-format.ts";
import type { TrainRequest } from "./local-trainer.ts";
import type { Work } from "./work.ts";

/** The number of examples that are checked between two looks at the signals and at the time. */
const CHECKED_AT_ONCE = 256;

/**
 * Finds out how the examples fit the model, and checks every one of them.
 * @param rows - Which of the examples to check; all of them if left out.
 * @throws TributaryError `EXAMPLES_INVALID` when they do not fit, or an example has an unusable
 *   value.
 */
export async function checkedFormat(
  plan: Plan,
  examples: Examples,
  model: EngineModel,
  work: Work,
  rows?: Uint32Array,
): Promise<ExampleFormat> {
  requireConsistent(examples);
  const { loss } = plan.training;
  const inputShape = inputShapeFor(model.inputShape, examples.featureShape);
  const outputShape = model.outputShapeFor(inputShape);
  const format = exampleFormat(loss, inputShape, outputShape, examples.labelShape);
  const classes = classesOf(format, loss);
  if (classes !== undefined) requireAllClasses(examples, plan.examples, classes);
  const { inputSize } = format;
  const count = rows?.length ?? examples.count;
  for (let i = 0; i < count; i++) {
    const index = rows?.[i] ?? i;
    requireUsable(examples, index, format, loss);
    const fault = model.inputFault?.(examples.features, index * inputSize, (index + 1) * inputSize);
    if (fault !== undefined) throw invalidExample(index, fault);
    if (i % CHECKED_AT_ONCE === 0) await work.pauseIfDue();
  }
  return format;
}

/**
 * The checks of one trainer. Where trainings name the rows of examples that do not change, it
 * remembers which of them have passed: a simulation trains on the same ones in every round.
 */
export class ExampleChecks {
  #plan: Plan | undefined;
  #examples: Examples | undefined;
  /** How the examples fit the model of the plan. */
  #format: ExampleFormat | undefined;
  /** For each example whether it has passed under the plan. */
  #passed = new Uint8Array(0);

  /** Does what `checkedFormat` does for the examples that a training names. */
  async formatOf(
    { plan, examples, rows }: Pick<TrainRequest, "plan" | "examples" | "rows">,
    model: EngineModel,
    work: Work,
  ): Promise<ExampleFormat> {
    if (rows === undefined) return checkedFormat(plan, examples, model, work);
    requireRows(rows, examples);
    if (plan !== this.#plan || examples !== this.#examples) {
      this.#passed = new Uint8Array(examples.count);
      this.#format = undefined;
      this.#plan = plan;
      this.#examples = examples;
    }
    const passed = this.#passed;
    if (this.#format !== undefined && rows.every((row) => passed[row] === 1)) return this.#format;
    const unchecked = rows.filter((row) => passed[row] === 0);
    const format = await checkedFormat(plan, examples, model, work, unchecked);
    for (const row of unchecked) passed[row] = 1;
    this.#format = format;
    return format;
  }
}
