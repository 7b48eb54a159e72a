import type { RoundPurpose } from "@tributary/protocol";
import type { OpenAdder } from "../aggregation/update-adder.ts";
import type { ModelTerms } from "../server-step/model-state.ts";
import type { ServerOptimizer } from "../server-step/server-optimizer.ts";
import type { Collection } from "./collection.ts";
import { EvaluationCollection } from "./evaluation-collection.ts";
import { PlainCollection } from "./plain-collection.ts";
import type { WeightingTerms } from "./report-weight.ts";

/** What the collections of a task's rounds are made of. */
export interface CollectionDeps {
  readonly terms: ModelTerms;
  /** Opens what adds up the updates of one round: in this thread, or in others. */
  readonly openAdder: OpenAdder;
  /** Makes the model's next state of the combined update. */
  readonly optimizer: ServerOptimizer;
  readonly weighting: WeightingTerms;
}

/** Opens the collection of one round. This is the only place that knows all collections. */
export function openCollection(purpose: RoundPurpose, deps: CollectionDeps): Collection {
  switch (purpose) {
    case "training": {
      const { terms, openAdder, optimizer, weighting } = deps;
      const { update, aggregation, clipNorm } = terms.plan;
      const adder = openAdder({ update, aggregation, clipNorm, dimension: terms.dimension });
      return new PlainCollection({ terms, adder, optimizer, weighting });
    }
    case "evaluation":
      return new EvaluationCollection(deps.terms.plan, deps.weighting);
  }
}
