import type { Plan } from "@tributary/protocol";
import { requireAllClasses } from "../examples/agreed-examples.ts";
import { invalidExample, requireConsistent } from "../examples/example-faults.ts";
import { isReader, type ExampleSource } from "../examples/example-reader.ts";
import type { Examples } from "../examples/examples.ts";
import type { Awaitable, EngineModel } from "./engine-model.ts";
import {
  classesOf,
  exampleFormat,
  inputShapeFor,
  requireRows,
  faultOfValues,
  type ExampleFormat,
} from "./example-format.ts";
import type { TrainRequest } from "./local-trainer.ts";
import type { Work } from "./work.ts";

/** The number of examples that are checked between two looks at the signals and at the time. */
const CHECKED_AT_ONCE = 256;

/**
 * Finds out how the examples fit the model, and checks every one of them. Those of a reader are checked
 * when they are read: see `checkBatch`.
 * @param rows - Which of the examples to check; all of them if left out.
 * @throws TributaryError `EXAMPLES_INVALID` when they do not fit, or an example has an unusable
 *   value.
 */
export async function checkedFormat(
  plan: Plan,
  examples: ExampleSource,
  model: EngineModel,
  work: Work,
  rows?: Uint32Array,
): Promise<ExampleFormat> {
  if (!isReader(examples)) requireConsistent(examples);
  const { loss } = plan.training;
  const inputShape = inputShapeFor(model.inputShape, examples.featureShape);
  const outputShape = model.outputShapeFor(inputShape);
  const format = exampleFormat(loss, inputShape, outputShape, examples.labelShape);
  const classes = classesOf(format, loss);
  if (classes !== undefined) requireAllClasses(examples, plan.examples, classes);
  if (isReader(examples)) return format;
  const check = exampleCheck(plan, format, model);
  const count = rows?.length ?? examples.count;
  for (let i = 0; i < count; i++) {
    const index = rows?.[i] ?? i;
    check(examples, index, index);
    if (i % CHECKED_AT_ONCE === 0) await work.pauseIfDue();
  }
  return format;
}

/**
 * Makes the check of the batches of a reader, which takes the indices of the examples for messages.
 * The check throws a TributaryError `EXAMPLES_INVALID` when an example has an unusable value.
 */
export function checkBatch(
  plan: Plan,
  format: ExampleFormat,
  model: EngineModel,
): (batch: Examples, indices: Uint32Array) => void {
  const check = exampleCheck(plan, format, model);
  return (batch, indices) => {
    requireConsistent(batch);
    for (let place = 0; place < batch.count; place++) check(batch, place, indices[place]!);
  };
}

/** Makes the check of the values of one example, which is called `name` in messages. */
function exampleCheck(
  { training: { loss } }: Plan,
  format: ExampleFormat,
  model: EngineModel,
): (examples: Examples, index: number, name: number) => void {
  const { inputSize } = format;
  return (examples, index, name) => {
    const fault =
      faultOfValues(examples, index, format, loss) ??
      model.inputFault?.(examples.features, index * inputSize, (index + 1) * inputSize);
    if (fault !== undefined) throw invalidExample(name, fault);
  };
}

/**
 * The checks of one trainer. Where trainings name the rows of examples that do not change, it
 * remembers which of them have passed: a simulation trains on the same ones in every round.
 */
export class ExampleChecks {
  #plan: Plan | undefined;
  #examples: ExampleSource | undefined;
  /** How the examples fit the model of the plan. */
  #format: ExampleFormat | undefined;
  /** For each example whether it has passed under the plan. */
  #passed = new Uint8Array(0);

  /** Does what `checkedFormat` does for the examples that a training names. */
  formatOf(
    { plan, examples, rows }: Pick<TrainRequest<ExampleSource>, "plan" | "examples" | "rows">,
    model: EngineModel,
    work: Work,
  ): Awaitable<ExampleFormat> {
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
    return checkedFormat(plan, examples, model, work, unchecked).then((format) => {
      for (const row of unchecked) passed[row] = 1;
      return (this.#format = format);
    });
  }
}
