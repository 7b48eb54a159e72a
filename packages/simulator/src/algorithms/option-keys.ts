import { z } from "zod";

/** A number from 0 to `max`. */
export function notNegative(max: number): z.ZodNumber {
  const error = `Use a number from 0 to ${max}.`;
  return z.number({ error }).min(0, { error }).max(max, { error });
}

/** The name of an algorithm. */
export const nameKey = <const Name extends string>(
  name: Name,
  meaning: string,
): z.ZodLiteral<Name> => z.literal(name).describe(meaning);
