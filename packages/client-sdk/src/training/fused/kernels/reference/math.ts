// exp, log and tanh of our own, one value at a time, so that no bit depends on the host. The
// WebAssembly has the same polynomials in assembly/math.ts, where their source is named.
const f = Math.fround;

/** The bits of one value, seen as a float32 and as an integer. */
interface Bits {
  readonly asFloat: Float32Array;
  readonly asInteger: Int32Array;
}

/** Functions from float32 to float32. */
export interface ReferenceMath {
  readonly exp: (x: number) => number;
  readonly log: (x: number) => number;
  readonly tanh: (x: number) => number;
  readonly sigmoid: (x: number) => number;
}

/** Makes the functions. They share a buffer in which they take floating-point numbers apart. */
export function referenceMath(): ReferenceMath {
  const asFloat = new Float32Array(1);
  const bits: Bits = { asFloat, asInteger: new Int32Array(asFloat.buffer) };
  const exp = (x: number): number => expOf(x, bits);
  return {
    exp,
    log: (x) => logOf(x, bits),
    tanh: (x) => tanhOf(x, exp),
    sigmoid: (x) => f(1 / f(1 + exp(-x))),
  };
}

/** ((c₀·x + c₁)·x + c₂)… */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = f(coefficients[0]!);
  for (let i = 1; i < coefficients.length; i++) sum = f(f(sum * x) + f(coefficients[i]!));
  return sum;
}

/** The polynomial for e^r with |r| ≤ ½ ln 2, without its last two terms r + 1. */
const EXP = [0.00019875691, 0.0013981999, 0.0083334519, 0.041665796, 0.16666666, 0.5];

/** Splits e^x into 2^n · e^r, where n is a whole number. Powers below −64 count as 0. */
function expOf(x: number, { asFloat, asInteger }: Bits): number {
  // Adding 1.5 · 2²³ leaves no bits for a fraction, so n becomes the nearest whole number.
  const magic = 12582912;
  const clamped = Math.min(Math.max(x, -64), f(88.02));
  const n = f(f(f(clamped * f(Math.LOG2E)) + magic) - magic);
  // Subtracts n · ln 2. The first part of ln 2 has so few bits that its product with n is exact.
  let r = f(clamped - f(n * f(0.693359375)));
  r = f(r - f(n * f(-0.00021219444)));
  const y = f(f(f(polynomial(EXP, r) * f(r * r)) + r) + 1);
  // The exponent of a float32 lies in bits 23 to 30, with 127 added: these are the bits of 2^n.
  asInteger[0] = (n + 127) << 23;
  return x < -64 ? 0 : f(y * asFloat[0]!);
}

/** The polynomial for ln(1 + r) from √½ − 1 to √2 − 1, without its first two terms. */
const LOG = [
  0.070376836, -0.1151461, 0.11676999, -0.12420141, 0.14249323, -0.16668057, 0.20000715,
  -0.24999994, 0.33333331,
];

/** Splits ln x into n · ln 2 + ln(1 + r), where x = 2^n · (1 + r). */
function logOf(x: number, { asFloat, asInteger }: Bits): number {
  asFloat[0] = x;
  const bits = asInteger[0]!;
  // 0x3f3504f3 are the bits of √½. So 1 + r lies between √½ and √2.
  const n = (bits - 0x3f3504f3) >> 23;
  asInteger[0] = bits - (n << 23);
  const r = f(asFloat[0] - 1);
  const z = f(r * r);
  // From the smallest term to the largest one, so that little is lost by rounding.
  let y = f(f(polynomial(LOG, r) * r) * z);
  y = f(y + f(n * f(-0.00021219444)));
  y = f(y - f(0.5 * z));
  return f(f(r + y) + f(n * f(0.693359375)));
}

/** The polynomial for tanh x near 0. */
const TANH = [-0.0057049887, 0.020639088, -0.053739715, 0.13331442, -0.33333281];

/** Near 0, where 1 − 2 / (e^2x + 1) would lose its digits, a polynomial takes its place. */
function tanhOf(x: number, exp: (x: number) => number): number {
  const size = Math.abs(x);
  const z = f(x * x);
  if (size < 0.625) return f(f(f(polynomial(TANH, z) * z) * x) + x);
  const far = f(1 - f(2 / f(exp(f(size + size)) + 1)));
  return x < 0 ? -far : far;
}
