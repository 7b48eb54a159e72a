import type { Basis } from "./basis.ts";
import { CONFUSION } from "./confusion.ts";
import { RESIDUALS } from "./residuals.ts";
import { SCORES } from "./score-histogram.ts";
import { SURPRISE } from "./surprise.ts";

/** The table of what metrics are computed from: the one place that lists them. */
export const BASES = {
  confusion: CONFUSION,
  scores: SCORES,
  residuals: RESIDUALS,
  surprise: SURPRISE,
} as const satisfies Readonly<Record<string, Basis>>;

/** The name of a basis. */
export type BasisName = keyof typeof BASES;
