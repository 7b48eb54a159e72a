import type { z } from "zod";
import { positiveNumber, strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import type { Attack } from "./attack.ts";
import { attackerKeys } from "./option-keys.ts";

export const signFlipOptions = strictRecord({
  name: nameKey("sign-flip", "Attackers report the opposite of their update."),
  ...attackerKeys,
  scale: positiveNumber(1_000_000).default(1).describe("How many times as long the opposite is."),
});

/** @see arXiv:1811.03761 §4 */
export function signFlip({ scale }: z.output<typeof signFlipOptions>): Attack {
  return { forge: (update) => update.map((value) => -scale * value) };
}
