import type { Plan } from "./plan.ts";

/**
 * Something that a plan can ask of a client although clients of the first form of plans do not know
 * it. Clients refuse a plan with a key or a value that they do not know, so that they say at
 * check-in which features they know, and a server gives them no other plan.
 */
export interface PlanFeature {
  /** The name that clients say at check-in. It never changes its meaning. */
  readonly name: string;
  /** The first version of the client SDK that knows the feature. */
  readonly since: string;
  /**
   * What a plan has that uses the feature. It is the path of a key, such as `training.proximal`, or
   * the path of a key with one of its values, such as `training.loss=meanSquaredError`. Conditions
   * that hold together are joined by ` & `. The key of a section stands for all that is in it.
   */
  readonly usedBy: string;
}

/**
 * Every feature of plans. The first form of plans has none. docs/protocol.md lists them, and a test
 * holds this table to the schema of plans: whatever the schema takes, and the first form did not
 * have, is used by one of these features.
 */
export const PLAN_FEATURES: readonly PlanFeature[] = [
  { name: "data-contract", since: "0.2.0", usedBy: "examples" },
  { name: "text-contract", since: "0.2.0", usedBy: "examples.type=text" },
  { name: "precision", since: "0.2.0", usedBy: "training.metrics=precision" },
  { name: "recall", since: "0.2.0", usedBy: "training.metrics=recall" },
  { name: "f1", since: "0.2.0", usedBy: "training.metrics=f1" },
  { name: "auc", since: "0.2.0", usedBy: "training.metrics=auc" },
  { name: "perplexity", since: "0.2.0", usedBy: "training.metrics=perplexity" },
  {
    name: "root-mean-squared-error",
    since: "0.2.0",
    usedBy: "training.metrics=rootMeanSquaredError",
  },
  { name: "r-squared", since: "0.2.0", usedBy: "training.metrics=rSquared" },
  { name: "batch-normalization", since: "0.2.0", usedBy: "training.batchNormalization" },
  { name: "statistics", since: "0.2.0", usedBy: "statistics" },
  { name: "conditions", since: "0.2.0", usedBy: "conditions" },
];

/** What a client of this build says at check-in. */
export const planFeatureNames: readonly string[] = PLAN_FEATURES.map(({ name }) => name);

/**
 * The features that a plan uses.
 * @param features - The features to look for; all features if left out.
 */
export function featuresOf(
  plan: Plan,
  features: readonly PlanFeature[] = PLAN_FEATURES,
): readonly PlanFeature[] {
  return features.filter(({ usedBy }) =>
    usedBy.split(" & ").every((condition) => {
      const [path = "", value] = condition.split("=");
      const found = valuesAt(plan, path.split("."));
      return value === undefined ? found.length > 0 : found.some((one) => String(one) === value);
    }),
  );
}

/** The values that a path leads to. A list on the way stands for each of its items. */
function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  const [key, ...rest] = path;
  if (key === undefined) return value === undefined ? [] : [value];
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return [];
  return valuesAt(Reflect.get(value, key), rest);
}
