import * as z from "zod";

/** A number from 0 to `max`. */
export function notNegative(max: number): z.ZodNumber {
  const error = `Use a number from 0 to ${max}.`;
  return z.number({ error }).min(0, { error }).max(max, { error });
}

/** The name of one of several ways, with what it does. */
export const nameKey = <const Name extends string>(
  name: Name,
  meaning: string,
): z.ZodLiteral<Name> => z.literal(name).describe(meaning);

/** A share of a whole, from 0 to 1. */
export const shareKey: z.ZodNumber = notNegative(1);
