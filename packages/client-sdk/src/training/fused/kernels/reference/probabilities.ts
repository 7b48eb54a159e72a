import type { ProbabilityKernels } from "../number-kernels.ts";
import type { ReferenceMath } from "./math.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const r = Math.fround;

/** Probabilities are kept off 0 and 1, whose logarithms are infinite. */
const [LEAST, MOST] = [r(1e-7), r(0.9999999)];

/** The largest finite float32. */
const MOST_FLOAT = 3.4028234663852886e38;

const kept = (share: number): number => Math.min(Math.max(share, LEAST), MOST);

/** The specification of the cross-entropies of outputs that are taken for probabilities. */
export function probabilityKernels(
  memory: ReferenceMemory,
  math: ReferenceMath,
): ProbabilityKernels {
  return {
    shareCrossEntropy({ x, targets, dx }, rows, columns, weight) {
      const { f } = memory;
      let loss = 0;
      for (let from = 0; from < rows * columns; from += columns) {
        const places = Array.from({ length: columns }, (_, i) => from + i);
        const sum = places.reduce((total, i) => r(total + f[indexOf(x) + i]!), 0);
        // No NaN may go through the arithmetic below: which bits come out would depend on the host.
        if (!(Math.abs(sum) > 0 && Math.abs(sum) < MOST_FLOAT)) {
          for (const i of places) f[indexOf(dx) + i] = 0;
          loss = NaN;
          continue;
        }
        let along = 0;
        for (const i of places) {
          const share = r(f[indexOf(x) + i]! / sum);
          const target = f[indexOf(targets) + i]!;
          loss -= target * math.log(kept(share));
          // Where a bound holds, a small change of the output changes nothing.
          const isInside = share === kept(share);
          const slope = isInside ? r(-target / kept(share)) : 0;
          f[indexOf(dx) + i] = slope;
          if (isInside) along = r(along + r(slope * share));
        }
        for (const i of places) {
          f[indexOf(dx) + i] = r(r(f[indexOf(dx) + i]! - along) / sum) * r(weight);
        }
      }
      return loss;
    },
    chanceCrossEntropy({ x, targets, dx }, size, weight) {
      const { f } = memory;
      let loss = 0;
      for (let i = 0; i < size; i++) {
        const value = f[indexOf(x) + i]!;
        const target = f[indexOf(targets) + i]!;
        if (Number.isNaN(value)) {
          f[indexOf(dx) + i] = 0;
          loss = NaN;
          continue;
        }
        const rest = r(1 - kept(value));
        loss -= target * math.log(kept(value)) + r(1 - target) * math.log(rest);
        const inside = value === kept(value);
        const slope = inside ? r(r(kept(value) - target) / r(kept(value) * rest)) : 0;
        f[indexOf(dx) + i] = slope * r(weight);
      }
      return loss;
    },
  };
}
