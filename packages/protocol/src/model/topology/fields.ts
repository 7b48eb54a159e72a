/** A JSON object whose fields have not been checked. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object, and not an array. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
