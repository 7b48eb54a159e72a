import type { GeluKernels } from "../number-kernels.ts";
import type { ReferenceMath } from "./math.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const r = Math.fround;

/** The coefficients of the polynomial in Abramowitz and Stegun 7.1.26, highest power first. */
const ERF = [1.0614054, -1.4531521, 1.4214138, -0.28449672, 0.2548296].map(r);

/** The specification of GELU. */
export function geluKernels(memory: ReferenceMemory, math: ReferenceMath): GeluKernels {
  /** The error function, within 1.5e-7. */
  const erf = (x: number): number => {
    const size = Math.abs(x);
    // The formula holds for x ≥ 0. The sign is put back at the end, also that of −0, because the
    // module copies the bit of the sign.
    const t = r(1 / r(1 + r(r(0.3275911) * size)));
    let y = ERF[0]!;
    for (const coefficient of ERF.slice(1)) y = r(r(y * t) + coefficient);
    const value = r(1 - r(r(y * t) * math.exp(-r(size * size))));
    return x < 0 || Object.is(x, -0) ? -value : value;
  };
  /** How much of x comes through: −1 stands for nothing, and 1 for all of it. */
  const bendOf = (x: number, approximate: boolean): number => {
    if (!approximate) return erf(r(x * r(Math.SQRT1_2)));
    const cube = r(r(x * x) * x);
    return math.tanh(r(r(0.7978846) * r(x + r(r(0.044715) * cube))));
  };
  /** The derivative of GELU at x. */
  const slope = (x: number, bend: number, approximate: boolean): number => {
    const square = r(x * x);
    const share = r(0.5 * r(1 + bend));
    if (!approximate) {
      // The derivative of x · Φ(x) is Φ(x) + x · φ(x), with the density φ. 0.39894228 is 1 / √(2π).
      const density = r(r(0.39894228) * math.exp(r(-0.5 * square)));
      return r(share + r(x * density));
    }
    // The derivative of the inner polynomial √(2/π) · (x + 0.044715 x³). 0.134145 is 3 · 0.044715.
    const inner = r(r(0.7978846) * r(1 + r(r(0.134145) * square)));
    return r(share + r(r(0.5 * x) * r(r(1 - r(bend * bend)) * inner)));
  };
  return {
    gelu(x, y, bend, size, approximate) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        const value = f[indexOf(x) + i]!;
        const bent = bendOf(value, approximate);
        f[indexOf(bend) + i] = bent;
        f[indexOf(y) + i] = value * r(0.5 * r(1 + bent));
      }
    },
    geluGradient(x, bend, dy, dx, size, approximate) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        const along = slope(f[indexOf(x) + i]!, f[indexOf(bend) + i]!, approximate);
        f[indexOf(dx) + i] = f[indexOf(dy) + i]! * along;
      }
    },
  };
}
