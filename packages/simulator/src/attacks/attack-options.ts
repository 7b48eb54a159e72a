import * as z from "zod";
import { alieOptions } from "./alie.ts";
import { backdoorOptions } from "./backdoor.ts";
import { freeRiderOptions } from "./free-rider.ts";
import { gaussianOptions } from "./gaussian.ts";
import { labelFlipOptions } from "./label-flip.ts";
import { signFlipOptions } from "./sign-flip.ts";
import { sybilOptions } from "./sybil.ts";

const OPTIONS = [
  labelFlipOptions,
  signFlipOptions,
  gaussianOptions,
  backdoorOptions,
  alieOptions,
  freeRiderOptions,
  sybilOptions,
] as const;

/** The schema of the section `attack` of an experiment: a name, who attacks, and what else it needs. */
export const attackOptions = z.discriminatedUnion("name", OPTIONS, {
  error: `Use one of ${OPTIONS.map(({ shape }) => shape.name.value).join(", ")}.`,
});

/** What malicious clients do, with all defaults filled in. */
export type AttackOptions = z.output<typeof attackOptions>;

/** What malicious clients do, as an experiment file says it. */
export type AttackInput = z.input<typeof attackOptions>;
