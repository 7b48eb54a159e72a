// Kernels of activations beyond those in number-kernels.ts: `KernelFunctions` says what holds for
// all kernels.
import type { Address } from "@tributary/protocol";

/** Activations that are bent smoothly, and whose derivative is computed from the input. */
export const CURVES = ["swish", "softplus", "softsign", "mish"] as const;

/** The name of a curve. */
export type Curve = (typeof CURVES)[number];

/** Kernels that compute an activation value by value. */
export interface ActivationKernels {
  /** y = x, but at least `low` and at most `high`. May work in place. */
  clip(x: Address, y: Address, size: number, low: number, high: number): void;
  /** dx = dy where the output y lies between the bounds, and 0 at them. May work in place. */
  clipGradient(y: Address, dy: Address, dx: Address, size: number, low: number, high: number): void;
  /**
   * y = v where x is above 0, and elsewhere v times the factor of its column. May work in place.
   * @param x, v, y - [rows, columns].
   */
  bendColumns(
    x: Address,
    v: Address,
    factors: Address,
    y: Address,
    rows: number,
    columns: number,
  ): void;
  /** y = scale · x above 0, and scale · alpha · (e^x − 1) elsewhere. May work in place. */
  elu(x: Address, y: Address, size: number, alpha: number, scale: number): void;
  /** Writes dx, from the output y. May work in place. */
  eluGradient(
    y: Address,
    dy: Address,
    dx: Address,
    size: number,
    alpha: number,
    scale: number,
  ): void;
  /**
   * Computes one of these, with σ for the sigmoid: swish x · σ(x); softplus ln(1 + e^x); softsign
   * x / (1 + |x|); mish x · tanh(softplus(x)).
   */
  curve(x: Address, y: Address, size: number, curve: Curve): void;
  /** Writes dx, from the input x. */
  curveGradient(x: Address, dy: Address, dx: Address, size: number, curve: Curve): void;
}
