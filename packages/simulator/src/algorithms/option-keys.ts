import { z } from "zod";

/** The name of an algorithm. */
export const nameKey = <const Name extends string>(
  name: Name,
  meaning: string,
): z.ZodLiteral<Name> => z.literal(name).describe(meaning);
