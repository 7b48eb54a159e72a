import type { JsonSchema } from "./json-schema.ts";

/**
 * Everything that a document may hold by its schema, as sorted lines: the path of each key, each of
 * its words (`training.loss=meanSquaredError`), and each range of its numbers. What only one
 * variant of a section has stands behind that variant: `update.codec=uniform & update.bits`.
 * Descriptions and defaults are left out, because documents that are stored or sent are complete.
 */
export function vocabularyOf(schema: object): readonly string[] {
  return [...new Set(linesOf(schema, "", ""))].toSorted();
}

function linesOf(schema: JsonSchema, path: string, variant: string): string[] {
  const words = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
  return [
    ...words.map((word) => `${variant}${path}=${String(word)}`),
    ...rangeOf(schema).map((range) => `${variant}${path} ${range}`),
    ...Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
      const at = path === "" ? key : `${path}.${key}`;
      return [`${variant}${at}`, ...linesOf(inner, at, variant)];
    }),
    ...(schema.items === undefined ? [] : linesOf(schema.items, path, variant)),
    ...(schema.anyOf ?? []).flatMap((option) => linesOf(option, path, variant)),
    ...(schema.oneOf ?? []).flatMap((option) => variantLines(option, path, variant)),
  ];
}

/** The first key of a variant names it. */
function variantLines(option: JsonSchema, path: string, variant: string): string[] {
  const [[key, name] = ["", {}], ...others] = Object.entries(option.properties ?? {});
  // `oneOf` without a name only says which keys go together.
  if (name.const === undefined) return [];
  const line = `${variant}${path}.${key}=${String(name.const)}`;
  const rest = { ...option, properties: Object.fromEntries(others) };
  return [line, ...linesOf(rest, path, `${line} & `)];
}

function rangeOf(schema: JsonSchema): string[] {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema;
  const low = exclusiveMinimum === undefined ? minimum : `above ${exclusiveMinimum}`;
  const high = exclusiveMaximum === undefined ? maximum : `below ${exclusiveMaximum}`;
  return low === undefined && high === undefined ? [] : [`from ${low} to ${high}`];
}
