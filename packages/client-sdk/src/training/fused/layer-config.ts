// Reading a layer's configuration, field by field.

export type Fields = Readonly<Record<string, unknown>>;

/**
 * Why a layer is not taken: a clause about `it`. Turned into a TributaryError that names the layer.
 */
export class LayerRefusal extends Error {}

export function asFields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/**
 * Refuses a field that has another value than those allowed; one that is missing or null is the
 * first.
 */
export function requireOneOf<Value extends string | number | boolean>(
  config: Fields,
  field: string,
  ...allowed: readonly [Value, ...Value[]]
): Value {
  const value = config[field] ?? allowed[0];
  const found = allowed.find((one) => one === value);
  if (found === undefined) {
    throw new LayerRefusal(`its ${field} is ${JSON.stringify(value)}`);
  }
  return found;
}

/**
 * Refuses a size that is not that of the layer's parameters; one that is missing or null is theirs.
 */
export function requireSizeOf(config: Fields, field: string, size: number | undefined): void {
  const value = config[field] ?? size;
  if (value === size) return;
  throw new LayerRefusal(
    `its ${field} is ${JSON.stringify(value)} where its parameters have ${size}`,
  );
}

/** A finite number of at least 0; one that is missing or null is the default. */
export function numberOf(config: Fields, field: string, standard: number): number {
  const value = config[field] ?? standard;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new LayerRefusal(`its ${field} is ${JSON.stringify(value)}`);
}

/** Refuses fields that are there and not null. */
export function requireAbsent(config: Fields, ...fields: readonly string[]): void {
  const found = fields.find((field) => (config[field] ?? null) !== null);
  if (found !== undefined) throw new LayerRefusal(`it has a ${found}`);
}

/** Two whole numbers of at least 1, or one that stands for both. */
export function pairOf(value: unknown, field: string): readonly [number, number] {
  const pair: unknown = typeof value === "number" ? [value, value] : value;
  if (Array.isArray(pair) && pair.length === 2) {
    const [first, second] = pair as unknown[];
    if (isSize(first) && isSize(second)) return [first, second];
  }
  throw new LayerRefusal(`its ${field} is ${JSON.stringify(value)}`);
}

/** Whole numbers of at least 1. */
export const isSize = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1;
