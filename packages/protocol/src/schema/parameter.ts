// Tables of codecs, optimizers and aggregation rules describe their parameters with these types.
// The description is plain data: the schemas of plans and of task files, the checks of a codec, the
// tables in docs/ and the tests are all made from it. No schema library stands in a public type.

/** The values that a parameter can take. */
export type ValueRange =
  | { readonly kind: "number" }
  | { readonly kind: "wholeNumber"; readonly from: number; readonly to: number }
  | { readonly kind: "positiveNumber"; readonly to: number }
  | { readonly kind: "fraction"; readonly from: number; readonly below: number }
  | { readonly kind: "choice"; readonly of: readonly number[] }
  | { readonly kind: "flag" };

/** Any finite number. */
export const numbers: RangeOf<number> = { kind: "number" };

/** Whole numbers from `from` to `to`. */
export function wholeNumbers(from: number, to: number): RangeOf<number> {
  return { kind: "wholeNumber", from, to };
}

/** Numbers above 0, up to `to`. */
export function positiveNumbers(to: number): RangeOf<number> {
  return { kind: "positiveNumber", to };
}

/** Numbers from 0 up to, but not including, 1. */
export const fractions: RangeOf<number> = { kind: "fraction", from: 0, below: 1 };

/** These numbers and no others. */
export function choice<Value extends number>(of: readonly Value[]): ChoiceOf<Value> {
  return { kind: "choice", of };
}

/** True or false. */
export const flags: RangeOf<boolean> = { kind: "flag" };

/** The ranges whose values are exactly the values of a TypeScript type. */
type RangeOf<Value> = [Value] extends [boolean]
  ? Extract<ValueRange, { kind: "flag" }>
  : number extends Value
    ? Exclude<ValueRange, { kind: "flag" | "choice" }>
    : ChoiceOf<Extract<Value, number>>;

interface ChoiceOf<Value extends number> {
  readonly kind: "choice";
  readonly of: readonly Value[];
}

/** One parameter of a variant, whatever its type. */
export interface Parameter {
  readonly values: ValueRange;
  /** One sentence for the person who writes a task file. */
  readonly meaning: string;
  /** The value that a task gets when its file leaves the parameter out. */
  readonly byDefault?: number | boolean;
  /** Whether a plan may leave the parameter out. */
  readonly optional?: boolean;
}

/**
 * The descriptions of all parameters of `Spec`, which are its properties other than `Key`. The
 * compiler holds description and type together: every property has a description, whose values and
 * default are of the property's type, and which is optional exactly where the property is.
 */
export type ParametersOf<Spec, Key extends keyof Spec> = {
  readonly [Name in Exclude<keyof Spec, Key>]-?: ParameterOf<
    Exclude<Spec[Name], undefined>,
    Partial<Pick<Spec, Name>> extends Pick<Spec, Name> ? true : false
  >;
};

type ParameterOf<Value, IsOptional extends boolean> = Parameter & {
  readonly values: RangeOf<Value>;
  readonly byDefault?: Value;
} & (IsOptional extends true ? { readonly optional: true } : { readonly optional?: never });

/**
 * One way to fill in a section of a plan: a codec of the update section, an optimizer of the
 * optimizer section, a rule of the aggregation section.
 * @typeParam Spec - What the plan says; an object type.
 * @typeParam Key - The property of `Spec` whose value names the variant.
 */
export interface Variant<Spec, Key extends keyof Spec> {
  readonly name: Spec[Key];
  /** One sentence for the person who writes a task file. */
  readonly meaning: string;
  readonly parameters: ParametersOf<Spec, Key>;
  /** Says what is wrong with parameters that are right one by one but cannot go together. */
  fault?(spec: Spec): ParameterFault | undefined;
}

/** A variant of any section, as code that treats all variants alike sees it. */
export interface AnyVariant {
  readonly name: string;
  readonly meaning: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  fault?(spec: object): ParameterFault | undefined;
}

/** What is wrong with a parameter, and what to do. */
export interface ParameterFault {
  /** The parameter's name. */
  readonly key: string;
  /** One sentence for people. */
  readonly remedy: string;
}

/** What to write instead of a value that is not in the range: one sentence. */
export function remedyOf(range: ValueRange): string {
  switch (range.kind) {
    case "number":
      return "Use a number.";
    case "wholeNumber":
      return `Use a whole number from ${range.from} to ${range.to}.`;
    case "positiveNumber":
      return `Use a number above 0, at most ${range.to}.`;
    case "fraction":
      return `Use a number from ${range.from} to below ${range.below}.`;
    case "choice":
      return `Use one of ${range.of.join(", ")}.`;
    case "flag":
      return "Use true or false.";
  }
}

/** Whether a value is in the range. */
export function isWithin(range: ValueRange, value: unknown): boolean {
  if (range.kind === "flag") return typeof value === "boolean";
  if (typeof value !== "number") return false;
  switch (range.kind) {
    case "number":
      return Number.isFinite(value);
    case "wholeNumber":
      return Number.isSafeInteger(value) && value >= range.from && value <= range.to;
    case "positiveNumber":
      return value > 0 && value <= range.to;
    case "fraction":
      return value >= range.from && value < range.below;
    case "choice":
      return range.of.includes(value);
  }
}

/**
 * Finds the first parameter that is missing or out of its range, or what `fault` says of parameters
 * that cannot go together.
 */
export function parameterFault<Spec extends object, Key extends keyof Spec>(
  variant: Variant<Spec, Key>,
  spec: Spec,
): ParameterFault | undefined {
  const parameters: AnyVariant["parameters"] = variant.parameters;
  for (const [key, { values, optional }] of Object.entries(parameters)) {
    const value: unknown = Reflect.get(spec, key);
    if (value === undefined && optional === true) continue;
    if (!isWithin(values, value)) return { key, remedy: remedyOf(values) };
  }
  return variant.fault?.(spec);
}

/** The defaults of a variant's parameters by name, of those that have one. */
export function defaultsOf({ parameters }: AnyVariant): Readonly<Record<string, number | boolean>> {
  return Object.fromEntries(
    Object.entries(parameters).flatMap(([name, { byDefault }]) =>
      byDefault === undefined ? [] : [[name, byDefault]],
    ),
  );
}
