import type { ParameterFault, Variant } from "../../schema/parameter.ts";

/**
 * Everything that both sides know about one rule that combines the updates of a round. Each rule
 * has a file of its own that exports its definition, and one line in `rule-table.ts`. How it
 * combines is up to the server, in packages/core.
 * @typeParam Spec - What a plan says to name this rule, with its parameters.
 */
export interface RuleDefinition<Spec extends { readonly rule: string }>
  extends Variant<Spec, "rule">, ReportNeeds<Spec> {
  /**
   * What the rule has to see besides the sum of all updates. A rule that needs nothing works with
   * secure aggregation, which shows a server no single update.
   * - `norms`: the norm of each update.
   * - `ranks`: how the values of different updates rank.
   * - `distances`: how far the updates are from each other.
   */
  readonly looksAt: readonly ("norms" | "ranks" | "distances")[];
  /** The paper, as arXiv's number. */
  readonly source: string;
}

/** How many reports a rule needs, and what to do when there are fewer. */
export interface ReportNeeds<Spec> {
  /** How many, for people: a number, or a formula of f, the number of hostile members. */
  readonly needs: string;
  /** The fewest reports with which the rule keeps its promise. */
  reportsNeeded(spec: Spec): number;
  /** What to tell the author of a plan whose rounds have fewer reports than that. */
  shortage(spec: Spec, reports: number): Shortage;
}

/** Why a rule has too few reports. */
export interface Shortage {
  /** The parameter that asks for too many reports, or `rule`. */
  readonly key: ParameterFault["key"];
  /** A clause such as "The rule krum needs 2f + 3 = 11 reports". */
  readonly cause: string;
  /** What to change in the rule, as a clause; absent when only more reports help. */
  readonly change?: string;
}

/** The needs of a rule that keeps its promise with `count` reports and more. */
export function needsReports<Spec extends { readonly rule: string }>(
  count: number,
): ReportNeeds<Spec> {
  return {
    needs: `${count}`,
    reportsNeeded: () => count,
    shortage: ({ rule }) => ({ key: "rule", cause: `The rule ${rule} needs ${count} reports` }),
  };
}

/** The needs of a rule that withstands f hostile members among `times` · f + `plus` reports. */
export function needsPerByzantine<
  Spec extends { readonly rule: string; readonly byzantine: number },
>(times: number, plus: number): ReportNeeds<Spec> {
  const needs = `${times}f + ${plus}`;
  const reportsNeeded = ({ byzantine }: Spec): number => times * byzantine + plus;
  return {
    needs,
    reportsNeeded,
    shortage(spec, reports) {
      const withstood = Math.floor((reports - plus) / times);
      return {
        key: "byzantine",
        cause: `The rule ${spec.rule} needs ${needs} = ${reportsNeeded(spec)} reports`,
        change: withstood < 1 ? "use another rule" : `lower byzantine to ${withstood}`,
      };
    },
  };
}
