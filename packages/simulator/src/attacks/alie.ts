import type { z } from "zod";
import { positiveNumber, strictRecord } from "@tributary/protocol/schemas";
import { nameKey } from "../options/option-keys.ts";
import type { Attack, Attacker } from "./attack.ts";
import { normalQuantile } from "./normal-quantile.ts";
import { attackerKeys } from "./option-keys.ts";

export const alieOptions = strictRecord({
  name: nameKey(
    "alie",
    "“A little is enough”: attackers shift each value by so few standard deviations of their own updates that no rule takes it for an outlier.",
  ),
  ...attackerKeys,
  deviations: positiveNumber(1_000)
    .exactOptional()
    .describe("By how many. Left out: the most that a majority still hides."),
});

/**
 * All attackers of a round report the same: mean − z · deviation, value by value, of what they have
 * trained.
 * @see arXiv:1902.06156, Algorithm 3
 */
export function alie({ deviations }: z.output<typeof alieOptions>): Attack {
  return {
    colludes: true,
    forge: (_, attacker) =>
      attacker.once(async () => {
        const { mean, deviation } = await momentsOf(attacker);
        const z = deviations ?? mostHidden(attacker);
        return mean.map((value, i) => value - z * deviation[i]!);
      }),
  };
}

/** z_max: with so many supporters among the honest, the attackers are a majority. */
function mostHidden({ cohort, accomplices }: Attacker): number {
  const honest = cohort - accomplices.length;
  const supporters = Math.floor(cohort / 2 + 1) - accomplices.length;
  const share = (honest - supporters) / honest;
  return Math.max(0, normalQuantile(Math.min(share, MOST_SHARE)));
}

/** Keeps z finite where attackers are a majority by themselves. */
const MOST_SHARE = 1 - 1e-9;

async function momentsOf({
  accomplices,
  honestUpdateOf,
}: Attacker): Promise<{ readonly mean: Float32Array; readonly deviation: Float64Array }> {
  let sum = new Float64Array(0);
  let squares = new Float64Array(0);
  for (const accomplice of accomplices) {
    const update = await honestUpdateOf(accomplice);
    if (sum.length === 0) {
      sum = new Float64Array(update.length);
      squares = new Float64Array(update.length);
    }
    for (let i = 0; i < update.length; i++) {
      sum[i]! += update[i]!;
      squares[i]! += update[i]! * update[i]!;
    }
  }
  const count = accomplices.length;
  const mean = Float32Array.from(sum, (value) => value / count);
  const deviation = sum.map((value, i) =>
    Math.sqrt(Math.max(0, squares[i]! / count - (value / count) ** 2)),
  );
  return { mean, deviation };
}
