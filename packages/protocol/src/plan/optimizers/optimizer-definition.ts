import type { Variant } from "../../schema/parameter.ts";

/**
 * Everything that both sides know about one optimizer of local training. Each optimizer has a file
 * of its own that exports its definition, and one line in `optimizer-table.ts`. How it changes
 * weights is up to the engines, which have one implementation for each name of the table.
 * @typeParam Spec - What a plan says to name this optimizer. A plan may leave out what is optional;
 *   the default is then that of the definition.
 */
export interface OptimizerDefinition<Spec extends { readonly name: string }> extends Variant<
  Spec,
  "name"
> {
  /** What it remembers of each trained parameter from one step to the next, for people. */
  readonly memory: string;
}
