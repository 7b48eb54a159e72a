import type { Variant } from "../../schema/parameter.ts";

/**
 * What a task file can say about one server optimizer. Each has a file of its own that exports its
 * definition, and one line in `server-optimizer-table.ts`. How it moves parameters is up to
 * packages/core, which has one implementation for each name of the table.
 * @typeParam Spec - What a task says to name this optimizer, with all of its parameters.
 */
export interface ServerOptimizerDefinition<Spec extends { readonly name: string }> extends Variant<
  Spec,
  "name"
> {
  /** What it remembers of each trained parameter from one round to the next, for people. */
  readonly memory: string;
  /** The paper, as arXiv's number. */
  readonly source: string;
}
