// Makes the schemas of a section out of the table of its variants.
import * as z from "zod";
import { remedyOf, type AnyVariant, type Parameter, type ValueRange } from "./parameter.ts";
import { fraction, flag, positiveNumber, strictRecord, wholeNumber } from "./strict-schema.ts";

/**
 * The schema of a section that names one of several variants.
 *
 * A plan has every parameter but those that are optional. A task file may leave out a parameter
 * that has a default, and the parsed section then has the default.
 * @typeParam Spec - The type of the parsed section: the union of the variants' types. The type
 *   `Variant` holds each variant's parameters to its part of the union.
 * @param key - The property that names the variant.
 * @param form - Whether the section stands in a plan or in a task file.
 * @param byDefault - The variant of a section that names none; such a section is refused if left
 *   out.
 */
export function variantSchema<Spec, Input, Key extends keyof Spec & string>(
  key: Key,
  variants: readonly (AnyVariant & { readonly name: Spec[Key] })[],
  form: "plan" | "task",
  byDefault?: Spec[Key],
): z.ZodType<Spec, Input> {
  const [first, ...others] = variants.map((variant) =>
    optionOf(key, variant, form, variant.name === byDefault),
  );
  if (first === undefined) throw new RangeError("A section needs at least one variant");
  const schema = z.discriminatedUnion(key, [first, ...others], {
    error: `Use one of ${variants.map(({ name }) => name).join(", ")}.`,
  });
  return schema as z.ZodType<Spec, Input>;
}

function optionOf(key: string, variant: AnyVariant, form: "plan" | "task", isDefault: boolean) {
  const { name, meaning, parameters } = variant;
  const literal = z.literal(name);
  // A discriminated union looks for the option whose literal can be left out when the key is.
  const named = isDefault ? literal.optional().default(name) : literal;
  const shape: Record<string, z.ZodType> = { [key]: named.describe(meaning) };
  for (const [parameter, description] of Object.entries(parameters)) {
    shape[parameter] = parameterSchema(description, form);
  }
  return strictRecord(shape).superRefine((spec, context) => {
    const fault = variant.fault?.(spec);
    if (fault === undefined) return;
    context.addIssue({ code: "custom", path: [fault.key], message: fault.remedy });
  });
}

function parameterSchema(parameter: Parameter, form: "plan" | "task"): z.ZodType {
  const { values, meaning, byDefault, optional } = parameter;
  const schema = rangeSchema(values);
  if (form === "task" && byDefault !== undefined)
    return schema.default(byDefault).describe(meaning);
  return (optional === true ? schema.exactOptional() : schema).describe(meaning);
}

function rangeSchema(range: ValueRange): z.ZodType {
  switch (range.kind) {
    case "number":
      return z.number({ error: remedyOf(range) });
    case "wholeNumber":
      return wholeNumber(range.from, range.to);
    case "positiveNumber":
      return positiveNumber(range.to);
    case "fraction":
      return fraction(range.from, range.below);
    case "choice":
      return z.literal(range.of, { error: remedyOf(range) });
    case "flag":
      return flag();
  }
}
