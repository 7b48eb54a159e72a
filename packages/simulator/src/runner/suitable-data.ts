import { takeExamples, type Examples, type Trainer } from "@tributary/client-sdk";
import {
  TributaryError,
  asTributaryError,
  clauseOf,
  layoutOf,
  type Plan,
} from "@tributary/protocol";
import { rowOfLastClass } from "./labels.ts";

/**
 * Tries one example, which has the last of all classes, so that data of another kind is refused
 * before the first round.
 * @throws TributaryError `EXAMPLES_INVALID` when the model does not take the example; what the trainer
 *   throws of the model.
 */
export async function requireSuitable(
  plan: Plan,
  trainer: Trainer,
  examples: Examples,
): Promise<void> {
  const row = rowOfLastClass(examples);
  const weights = new Float32Array(layoutOf(plan.model.parameters).size);
  try {
    await trainer.measure({ plan, weights, examples: takeExamples(examples, [row]) });
  } catch (cause) {
    const error = asTributaryError(cause);
    const { code, remedy } = error;
    if (code !== "EXAMPLES_INVALID") throw error;
    const message = `The data does not suit the model, as example ${row} of all shows: ${clauseOf(error)}`;
    throw new TributaryError(code, message, {
      cause,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}
