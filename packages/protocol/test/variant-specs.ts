// Makes specs out of the tables of codecs and rules, so that tests run through every line of a
// table.
import { parameterFault, type Parameter, type Variant } from "../src/schema/parameter.ts";

/** Values of a parameter at both ends of its range and between; for a flag, left out and true. */
function samplesOf({ values, byDefault }: Parameter): readonly unknown[] {
  switch (values.kind) {
    case "number":
      return [-1.5, byDefault, 2];
    case "wholeNumber":
      return [values.from, Math.floor((values.from + values.to) / 3), byDefault, values.to];
    case "positiveNumber":
      return [values.to / 100, byDefault, values.to];
    case "fraction":
      return [values.from, byDefault];
    case "choice":
      return values.of;
    case "flag":
      return [undefined, true];
  }
}

/** The smallest value that a parameter can have; of numbers that may be as small as you like, 1. */
function smallestOf({ values }: Parameter): unknown {
  switch (values.kind) {
    case "number":
      return 1;
    case "wholeNumber":
    case "fraction":
      return values.from;
    case "positiveNumber":
      return Math.min(1, values.to);
    case "choice":
      return values.of[0];
    case "flag":
      return false;
  }
}

/** Every variant with all combinations of sample values that go together. */
export function specsOf<Spec extends object, Key extends keyof Spec & string>(
  key: Key,
  variants: readonly Variant<Spec, Key>[],
): Spec[] {
  return variants.flatMap((variant) => {
    const parameters: Readonly<Record<string, Parameter>> = variant.parameters;
    let specs: Record<string, unknown>[] = [{ [key]: variant.name }];
    for (const [name, parameter] of Object.entries(parameters)) {
      specs = specs.flatMap((spec) =>
        [...new Set(samplesOf(parameter))].map((value) =>
          value === undefined ? spec : { ...spec, [name]: value },
        ),
      );
    }
    return (specs as Spec[]).filter((spec) => parameterFault(variant, spec) === undefined);
  });
}

/**
 * Every variant once, with its parameters as small as they can be and without the optional ones.
 */
export function smallestSpecsOf<Spec, Key extends keyof Spec & string>(
  key: Key,
  variants: readonly Variant<Spec, Key>[],
): Spec[] {
  return variants.map((variant) => {
    const parameters: Readonly<Record<string, Parameter>> = variant.parameters;
    const needed = Object.entries(parameters).filter(([, { optional }]) => optional !== true);
    return Object.fromEntries([
      [key, variant.name],
      ...needed.map(([name, parameter]) => [name, smallestOf(parameter)]),
    ]) as Spec;
  });
}
