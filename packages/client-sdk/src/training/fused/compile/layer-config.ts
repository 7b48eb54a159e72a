// Reads the configuration of a layer, field by field. Fields that are missing or null count as
// absent.

/** The fields of a configuration, whose values nobody has checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * The reason why the fused trainer cannot take a layer. The message is a clause about `it`, and
 * becomes part of a `TributaryError` that names the layer.
 */
export class LayerRefusal extends Error {}

/** Gives the fields of an object, and none for anything else. */
export function asFields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

/**
 * Reads a field that may have only some values.
 * @param allowed - The values. The first one is what an absent field means.
 * @throws LayerRefusal for any other value.
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
 * Checks a size against that of the layer's parameters. An absent field is right.
 * @throws LayerRefusal when the two differ.
 */
export function requireSizeOf(config: Fields, field: string, size: number | undefined): void {
  const value = config[field] ?? size;
  if (value === size) return;
  throw new LayerRefusal(
    `its ${field} is ${JSON.stringify(value)} where its parameters have ${size}`,
  );
}

/**
 * Reads a finite number of at least 0.
 * @param standard - What an absent field means.
 * @throws LayerRefusal for anything else.
 */
export function numberOf(config: Fields, field: string, standard: number): number {
  const value = config[field] ?? standard;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new LayerRefusal(`its ${field} is ${JSON.stringify(value)}`);
}

/**
 * Reads finite numbers of any sign: a list of them, or one that stands for all.
 * @param standard - What an absent field means.
 * @throws LayerRefusal for anything else.
 */
export function finitesOf(
  config: Fields,
  field: string,
  standard: number,
  count: number,
): readonly number[] {
  const value = config[field] ?? standard;
  const all: unknown[] = Array.isArray(value) ? value : Array.from({ length: count }, () => value);
  const isFinite = (one: unknown): one is number => Number.isFinite(one);
  if (all.length === count && all.every(isFinite)) return all;
  throw new LayerRefusal(`its ${field} is ${JSON.stringify(value)}`);
}

/** Reads a share that is dropped: 0 when absent, and less than 1. @throws LayerRefusal otherwise. */
export function rateOf(config: Fields, field: string): number {
  const rate = config[field] ?? 0;
  if (typeof rate === "number" && rate >= 0 && rate < 1) return rate;
  throw new LayerRefusal(`its ${field} is ${JSON.stringify(rate)}`);
}

/** Refuses layers whose channels do not come last. */
export function requireChannelsLast(config: Fields): void {
  requireOneOf(config, "data_format", "channels_last", "channelsLast");
}

/** Checks that fields are absent. @throws LayerRefusal when one is there. */
export function requireAbsent(config: Fields, ...fields: readonly string[]): void {
  const found = fields.find((field) => (config[field] ?? null) !== null);
  if (found !== undefined) throw new LayerRefusal(`it has a ${found}`);
}

/**
 * Reads two whole numbers of at least 1, or one number that stands for both.
 * @throws LayerRefusal for anything else.
 */
export function pairOf(value: unknown, field: string): readonly [number, number] {
  const pair: unknown = typeof value === "number" ? [value, value] : value;
  if (Array.isArray(pair) && pair.length === 2) {
    const [first, second] = pair as unknown[];
    if (isSize(first) && isSize(second)) return [first, second];
  }
  throw new LayerRefusal(`its ${field} is ${JSON.stringify(value)}`);
}

/**
 * Reads a whole number of at least 1, which may be the only one of a list.
 * @throws LayerRefusal for anything else.
 */
export function sizeField(value: unknown, field: string): number {
  const size: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (isSize(size)) return size;
  throw new LayerRefusal(`its ${field} is ${JSON.stringify(value)}`);
}

/** Whether a value is a whole number of at least 1. */
export const isSize = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1;
