import type { ActivationKernels, Curve } from "../activation-kernels.ts";
import type { ReferenceMath } from "./math.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const r = Math.fround;

/** The value of a curve at x, and its derivative. */
type CurveFunctions = Readonly<Record<"value" | "slope", (x: number) => number>>;

/** The specification of the activations that are clipped, exponential or curved. */
export function activationKernels(memory: ReferenceMemory, math: ReferenceMath): ActivationKernels {
  const curves = curvesOf(math);
  /** Writes dy times a slope that is computed from another array. */
  const scaleSlopes = (
    at: number,
    dy: number,
    dx: number,
    size: number,
    slope: (value: number) => number,
  ): void => {
    const { f } = memory;
    for (let i = 0; i < size; i++) {
      f[indexOf(dx) + i] = f[indexOf(dy) + i]! * slope(f[indexOf(at) + i]!);
    }
  };
  return {
    clip(x, y, size, low, high) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        f[indexOf(y) + i] = Math.min(Math.max(f[indexOf(x) + i]!, r(low)), r(high));
      }
    },
    clipGradient(y, dy, dx, size, low, high) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        const value = f[indexOf(y) + i]!;
        f[indexOf(dx) + i] = value > r(low) && value < r(high) ? f[indexOf(dy) + i]! : 0;
      }
    },
    bendColumns(x, v, factors, y, rows, columns) {
      const { f } = memory;
      for (let i = 0; i < rows * columns; i++) {
        const value = f[indexOf(v) + i]!;
        const isAbove = f[indexOf(x) + i]! > 0;
        f[indexOf(y) + i] = isAbove ? value : value * f[indexOf(factors) + (i % columns)]!;
      }
    },
    elu(x, y, size, alpha, scale) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        const value = f[indexOf(x) + i]!;
        const bent = value > 0 ? value : r(r(alpha) * r(math.exp(value) - 1));
        f[indexOf(y) + i] = r(scale) * bent;
      }
    },
    eluGradient(y, dy, dx, size, alpha, scale) {
      // Below 0 the derivative is scale · alpha · e^x, which is y + scale · alpha.
      const limit = r(r(scale) * r(alpha));
      scaleSlopes(y, dy, dx, size, (value) => (value > 0 ? r(scale) : r(value + limit)));
    },
    curve(x, y, size, curve) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        f[indexOf(y) + i] = curves[curve].value(f[indexOf(x) + i]!);
      }
    },
    curveGradient(x, dy, dx, size, curve) {
      scaleSlopes(x, dy, dx, size, curves[curve].slope);
    },
  };
}

function curvesOf({ exp, log, tanh, sigmoid }: ReferenceMath): Record<Curve, CurveFunctions> {
  /** ln(1 + e^x). e^−|x| never overflows, and what it leaves out is added at the end. */
  const softplus = (x: number): number => r(log(r(1 + exp(-Math.abs(x)))) + Math.max(x, 0));
  return {
    swish: {
      value: (x) => r(x * sigmoid(x)),
      slope: (x) => {
        const s = sigmoid(x);
        return r(s + r(r(x * s) * r(1 - s)));
      },
    },
    softplus: { value: softplus, slope: sigmoid },
    softsign: {
      value: (x) => r(x / r(1 + Math.abs(x))),
      slope: (x) => {
        const bound = r(1 + Math.abs(x));
        return r(1 / r(bound * bound));
      },
    },
    mish: {
      value: (x) => r(x * tanh(softplus(x))),
      slope: (x) => {
        const t = tanh(softplus(x));
        return r(t + r(r(x * sigmoid(x)) * r(1 - r(t * t))));
      },
    },
  };
}
