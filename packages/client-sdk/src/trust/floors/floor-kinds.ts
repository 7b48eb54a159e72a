// The kinds of floors: what an app may set them to, and when a plan breaks them.
import type { ParameterLayout, Plan } from "@tributary/protocol";

/** Everything that there is to say about one floor. */
export interface Floor<Value> {
  /** What holds where the app says nothing. */
  readonly unlessSet: Value;
  /**
   * What to give in place of a value that is not valid; undefined when it is.
   * @param value - Anything: apps without types give it too.
   */
  fault(this: void, value: unknown): string | undefined;
  /** Whether the floor holds for whoever only takes the plan's model, too. */
  readonly isAboutModel?: boolean;
  /**
   * How a plan breaks the floor, as a clause; undefined when it does not. A floor about what is not in
   * a plan lacks this, and is checked where that is known.
   */
  broken?(this: void, floor: Value, terms: PlanTerms): string | undefined;
}

/** What floors look at: a plan, and what follows from it. */
export interface PlanTerms {
  readonly plan: Plan;
  readonly layout: ParameterLayout;
  /** SHA-256 of the model's topology in canonical JSON (RFC 8785), hexadecimal. */
  readonly topologyHash: string;
  /** The largest number of bytes of an update, with the moving statistics behind it. */
  readonly updateBytes: number;
}

/** The least of something, a whole number. */
export function atLeast(
  unlessSet: number,
  most: number,
  broken?: Floor<number>["broken"],
): Floor<number> {
  const fault = (value: unknown): string | undefined =>
    isWhole(value) && value <= most ? undefined : `Give a whole number from 1 to ${most}.`;
  return { unlessSet, fault, ...(broken === undefined ? {} : { broken }) };
}

/**
 * The most of something, a whole number; no bound where it is Infinity.
 * @param measure - How much a plan has; left out for what a plan alone does not say.
 * @param what - What is counted, in the plural.
 */
export function atMost(
  measure?: (terms: PlanTerms) => number,
  what = "",
  { unlessSet = Infinity, isAboutModel = false } = {},
): Floor<number> {
  return {
    unlessSet,
    isAboutModel,
    fault: (value) =>
      isWhole(value) || value === Infinity ? undefined : "Give a whole number from 1 on.",
    ...(measure === undefined
      ? {}
      : {
          broken: (floor, terms) => {
            const amount = measure(terms);
            if (amount <= floor) return undefined;
            return `the plan has ${amount} ${what}, but this client allows at most ${floor}`;
          },
        }),
  };
}

/** A positive number; no bound unless it is set. */
export function number(broken?: Floor<number>["broken"]): Floor<number> {
  return {
    unlessSet: Infinity,
    fault: (value) =>
      typeof value === "number" && value > 0 ? undefined : "Give a number above 0.",
    ...(broken === undefined ? {} : { broken }),
  };
}

/**
 * The names that may be used, of those that there are.
 * @param used - Those that a plan uses.
 * @param options - Whether the app may allow none; whether the floor is about models too.
 */
export function allowedNames(
  known: readonly string[],
  what: string,
  used: (terms: PlanTerms) => readonly string[],
  { mayBeEmpty = false, isAboutModel = false } = {},
): Floor<readonly string[]> {
  return {
    unlessSet: known,
    isAboutModel,
    fault: (value) =>
      isList(value) && value.every((one) => known.includes(one)) && (mayBeEmpty || value.length > 0)
        ? undefined
        : `Give a list${mayBeEmpty ? "" : " of one or more"} of ${known.join(", ")}.`,
    broken: (floor, terms) => {
      const other = used(terms).find((name) => !floor.includes(name));
      if (other === undefined) return undefined;
      const allowed = floor.length === 0 ? "none" : `only ${floor.join(", ")}`;
      return `${what} include ${other}, but this client allows ${allowed}`;
    },
  };
}

/**
 * The values that something may have; any unless set.
 * @param form - The form of each.
 * @param shape - What to say of the form: `names of tasks`.
 */
export function oneOfList(
  found: (terms: PlanTerms) => string,
  what: string,
  form: RegExp,
  shape: string,
): Floor<readonly string[] | "all"> {
  return {
    unlessSet: "all",
    isAboutModel: true,
    fault: (value) =>
      value === "all" || (isList(value) && value.length > 0 && value.every((one) => form.test(one)))
        ? undefined
        : `Give a list of ${shape}, or "all".`,
    broken: (floor, terms) => {
      if (floor === "all") return undefined;
      const value = found(terms);
      if (floor.includes(value)) return undefined;
      return `${what} ${value}, but this client allows only ${floor.join(", ")}`;
    },
  };
}

const isWhole = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 1;

const isList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");
