// The table of the optimizers of local training: the one place that lists them.
import { TributaryError } from "../../errors.ts";
import { defaultsOf } from "../../schema/parameter.ts";
import { adagrad } from "./adagrad.ts";
import { adam } from "./adam.ts";
import type { OptimizerDefinition } from "./optimizer-definition.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

/** Every optimizer that a plan can name. */
export const OPTIMIZERS = [sgd, adam, adagrad, rmsprop] as const;

/** The optimizer of local training. What is left out has the default of its definition. */
export type OptimizerSpec = SpecOf<(typeof OPTIMIZERS)[number]>;

type SpecOf<Definition> = Definition extends OptimizerDefinition<infer Spec> ? Spec : never;

/** The names of all optimizers. */
export const optimizerNames: readonly OptimizerSpec["name"][] = OPTIMIZERS.map(({ name }) => name);

/** An optimizer whose parameters are all there: what an engine implements. */
export type CompleteOptimizer = Complete<OptimizerSpec>;

/** Distributes over the union. */
type Complete<Spec> = Spec extends OptimizerSpec ? Required<Spec> : never;

/**
 * Fills in the defaults of what a plan leaves out.
 * @throws TributaryError `BAD_PARAMETER` when there is no optimizer of that name.
 */
export function completeOptimizer(spec: OptimizerSpec): CompleteOptimizer {
  const definition = OPTIMIZERS.find(({ name }) => name === spec.name);
  if (definition === undefined) {
    throw new TributaryError("BAD_PARAMETER", `There is no optimizer ${spec.name}`, {
      remedy: `Use one of ${optimizerNames.join(", ")}.`,
    });
  }
  return { ...defaultsOf(definition), ...spec } as CompleteOptimizer;
}
