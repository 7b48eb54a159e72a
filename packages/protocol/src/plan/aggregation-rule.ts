// How a round's updates become one: the same section in a task and in the plan that the task's clients see and sign off.
import { z } from "zod";
import { DEFAULT_LIMITS } from "../limits.ts";
import { positiveNumber, strictRecord, wholeNumber } from "./strict-schema.ts";

/**
 * The rule that combines the updates of a round. `byzantine` is f: how many members of a cohort may be hostile, whatever
 * they send. Only `mean` weights by examples: under every other rule each report counts once, since a count is a client's
 * own claim, and with it one client could outweigh the rest.
 */
export type AggregationSpec =
  | { readonly rule: "mean" }
  | {
      readonly rule: "normBound";
      /** L2 bound, weight units; a longer update is scaled down to it. */
      readonly maximumNorm: number;
    }
  | { readonly rule: "median" }
  | { readonly rule: "trimmedMean"; readonly byzantine: number }
  | { readonly rule: "krum"; readonly byzantine: number }
  | {
      readonly rule: "multiKrum";
      readonly byzantine: number;
      /** Updates that are averaged; reports − f − 2 if left out. */
      readonly selected?: number;
    }
  | { readonly rule: "bulyan"; readonly byzantine: number };

/** The names of the rules by which a round's updates can be combined. */
export const aggregationRuleNames = [
  "mean",
  "normBound",
  "median",
  "trimmedMean",
  "krum",
  "multiKrum",
  "bulyan",
] as const satisfies readonly AggregationSpec["rule"][];

const byzantineSchema = wholeNumber(1, DEFAULT_LIMITS.maxCohort).describe(
  "Hostile members of a cohort that the rule withstands: f.",
);

/** The form of the section; `aggregationFault` says what a form cannot. */
export const aggregationSchema: z.ZodType<AggregationSpec, AggregationSpec> = z.discriminatedUnion(
  "rule",
  [
    strictRecord({ rule: z.literal("mean").describe("Mean, weighted by examples.") }),
    strictRecord({
      rule: z.literal("normBound").describe("Mean of updates that are scaled down to a norm."),
      maximumNorm: positiveNumber(1e9).describe(
        "Longest update that counts as it is, as an L2 norm in weight units.",
      ),
    }),
    strictRecord({ rule: z.literal("median").describe("Median of each value.") }),
    strictRecord({
      rule: z
        .literal("trimmedMean")
        .describe("Mean of each value without the f largest and the f smallest."),
      byzantine: byzantineSchema,
    }),
    strictRecord({
      rule: z.literal("krum").describe("The one update that is nearest to its neighbours."),
      byzantine: byzantineSchema,
    }),
    strictRecord({
      rule: z
        .literal("multiKrum")
        .describe("Mean of the updates that are nearest to their neighbours."),
      byzantine: byzantineSchema,
      selected: wholeNumber(1, DEFAULT_LIMITS.maxCohort)
        .exactOptional()
        .describe("Updates that are averaged. Left out: reports − f − 2."),
    }),
    strictRecord({
      rule: z
        .literal("bulyan")
        .describe("Mean of the values nearest to the median of Krum's choice."),
      byzantine: byzantineSchema,
    }),
  ],
  { error: `Use one of ${aggregationRuleNames.join(", ")}.` },
);

/**
 * Fewest reports with which the rule keeps its promise; a round with fewer is abandoned.
 * @see arXiv:1703.02757 (Krum: 2f + 2 < n); arXiv:1802.07927 (Bulyan: n ≥ 4f + 3); arXiv:1803.01498 (trimmed mean: f/n ≤ β < 1/2)
 */
export function reportsNeeded(spec: AggregationSpec): number {
  switch (spec.rule) {
    case "mean":
    case "normBound":
      return 1;
    case "median":
      return 3; // of two, either one decides
    case "trimmedMean":
      return 2 * spec.byzantine + 1;
    case "krum":
      return 2 * spec.byzantine + 3;
    case "multiKrum":
      return Math.max(2 * spec.byzantine + 3, (spec.selected ?? 0) + spec.byzantine + 2);
    case "bulyan":
      return 4 * spec.byzantine + 3;
  }
}

/** What is wrong with a rule in its place: where in the section, and the remedy as one sentence. */
export interface AggregationFault {
  readonly key: "rule" | "byzantine" | "selected";
  readonly remedy: string;
}

/**
 * The one place that says whether a rule can work where it stands.
 * @param reports - Of a round: the task's goal, or the plan's smallest cohort.
 * @param updatesInTheClear - Whether the server sees single updates: `updatesAreInTheClear` of the plan's codec.
 */
export function aggregationFault(
  spec: AggregationSpec,
  { reports, updatesInTheClear }: { readonly reports: number; readonly updatesInTheClear: boolean },
): AggregationFault | undefined {
  if (!updatesInTheClear && spec.rule !== "mean") {
    return {
      key: "rule",
      remedy:
        "Use mean: the plan hides single updates from the server, and every other rule has to look at them.",
    };
  }
  const needed = reportsNeeded(spec);
  if (reports >= needed) return undefined;
  const raise = `raise the round's ${reports} reports to ${needed}`;
  if (spec.rule === "multiKrum" && needed > 2 * spec.byzantine + 3) {
    const most = reports - spec.byzantine - 2;
    return {
      key: "selected",
      remedy: `Of ${reports} reports at most reports − f − 2 can be selected: ${
        most < 1 ? "lower byzantine" : `lower it to ${most}`
      }, or ${raise}.`,
    };
  }
  if (!("byzantine" in spec)) {
    return { key: "rule", remedy: `The rule ${spec.rule} needs ${needed} reports: ${raise}.` };
  }
  const withstood = byzantineWithstood(spec.rule, reports);
  return {
    key: "byzantine",
    remedy: `The rule ${spec.rule} needs ${FORMULAS[spec.rule]} = ${needed} reports: ${
      withstood < 1 ? "use another rule" : `lower byzantine to ${withstood}`
    }, or ${raise}.`,
  };
}

type Bounded = Extract<AggregationSpec, { readonly byzantine: number }>["rule"];

const FORMULAS: Readonly<Record<Bounded, string>> = {
  trimmedMean: "2f + 1",
  krum: "2f + 3",
  multiKrum: "2f + 3",
  bulyan: "4f + 3",
};

/** The largest f for which `reports` are enough; below 1 when there is none. */
function byzantineWithstood(rule: Bounded, reports: number): number {
  if (rule === "trimmedMean") return Math.floor((reports - 1) / 2);
  return Math.floor((reports - 3) / (rule === "bulyan" ? 4 : 2));
}
