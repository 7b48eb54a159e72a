import type { JsonSchema } from "./json-schema.ts";

/** The table of docs/task-file.md: a row for each key, a variant's keys with the variant's name. */
export function renderTaskKeys(schema: object): string {
  const rows = rowsOf(schema, "", "");
  // Variants may have sections in common.
  const table = ["| key | values | default | meaning |", "|---|---|---|---|", ...new Set(rows)];
  return table.join("\n");
}

function rowsOf(schema: JsonSchema, prefix: string, variant: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const path = `${prefix}${key}`;
    const required = schema.required?.includes(key) ?? false;
    const shown = [
      `\`${path}\`${variant === "" ? "" : ` (${variant})`}`,
      valuesOf(field),
      field.default === undefined ? (required ? "needed" : "none") : literal(field.default),
      field.description ?? "",
    ];
    return [`| ${shown.join(" | ")} |`, ...rowsInside(field, path)];
  });
}

function rowsInside(field: JsonSchema, path: string): string[] {
  if (field.properties !== undefined) return rowsOf(field, `${path}.`, "");
  if (field.items !== undefined) return rowsInside(field.items, path);
  if (field.anyOf !== undefined) return field.anyOf.flatMap((option) => rowsInside(option, path));
  return (field.oneOf ?? []).flatMap((option) => rowsOf(option, `${path}.`, variantOf(option)));
}

/** The value of a variant's own first key: `sgd` of an optimizer, `uniform` of a codec. */
function variantOf(option: JsonSchema): string {
  const [first] = Object.values(option.properties ?? {});
  return String(first?.const);
}

function valuesOf(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map(literal).join(", ");
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(valuesOf).join(", or ");
  if (schema.oneOf !== undefined && schema.properties === undefined) return "a section";
  switch (schema.type) {
    case "object":
      return "a section";
    case "array":
      return listOf(schema.items ?? {});
    case "string":
      return "text";
    case "boolean":
      return "`true`, `false`";
    case "integer":
    case "number":
      return rangeOf(schema);
    default:
      return literal(null);
  }
}

function listOf(items: JsonSchema): string {
  if (items.oneOf !== undefined) return "list of sections";
  if (items.enum !== undefined) return `list of ${valuesOf(items)}`;
  return items.type === "integer" ? `list, each a ${rangeOf(items)}` : "list of text";
}

function rangeOf(schema: JsonSchema): string {
  const noun = schema.type === "integer" ? "whole number" : "number";
  const bounds = [
    bound("above", schema.exclusiveMinimum),
    bound("from", schema.minimum),
    bound("to", schema.maximum),
    bound("below", schema.exclusiveMaximum),
  ];
  return [noun, ...bounds.filter((text) => text !== "")].join(" ");
}

function bound(word: string, value: number | undefined): string {
  return value === undefined ? "" : `${word} ${value.toLocaleString("en")}`;
}

/** As one would write it in YAML. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `\`[${value.map((item) => JSON.stringify(item)).join(", ")}]\``;
  if (typeof value === "object" && value !== null) {
    const inner = Object.entries(value).map(([key, item]) => `${key}: ${String(item)}`);
    return inner.length === 0 ? "as below" : `\`{ ${inner.join(", ")} }\``;
  }
  return `\`${String(value)}\``;
}
