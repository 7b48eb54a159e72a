// One step of each optimizer over all trained weights. Formulas and defaults are those of tfjs.
//
// All arrays are as long as the trained weights and are padded to whole vectors, so the loops take
// four values at a time and need no remainder. The pointers i, j, k and l walk through the weights,
// their gradients and the state of the optimizer. Numbers that are the same for all weights are
// spread over the four lanes before the loop.
import { bytes } from "./address";

/** Gradient descent: w −= rate · g. */
export function descend(w: usize, g: usize, size: i32, rate: f32): void {
  const r = f32x4.splat(rate);
  for (let i = w, j = g, end = w + bytes(size); i < end; i += 16, j += 16) {
    v128.store(i, f32x4.sub(v128.load(i), f32x4.mul(r, v128.load(j))));
  }
}

/**
 * Gradient descent with momentum: v = momentum · v + g and w −= rate · v. With Nesterov's
 * look-ahead, w −= rate · (g + momentum · v).
 */
export function descendWithMomentum(
  w: usize,
  g: usize,
  v: usize,
  size: i32,
  rate: f32,
  momentum: f32,
  nesterov: i32,
): void {
  const r = f32x4.splat(rate),
    m = f32x4.splat(momentum);
  for (let i = w, j = g, k = v, end = w + bytes(size); i < end; i += 16, j += 16, k += 16) {
    const gradient = v128.load(j);
    const speed = f32x4.add(f32x4.mul(m, v128.load(k)), gradient);
    v128.store(k, speed);
    // The velocity is written first, since Nesterov's step is computed from the new one.
    const step = nesterov ? f32x4.add(gradient, f32x4.mul(m, speed)) : speed;
    v128.store(i, f32x4.sub(v128.load(i), f32x4.mul(r, step)));
  }
}

/** Adam. @param correct1, correct2 - 1 − β1^t and 1 − β2^t in step t. */
export function adam(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  size: i32,
  rate: f32,
  beta1: f32,
  beta2: f32,
  correct1: f32,
  correct2: f32,
  epsilon: f32,
): void {
  const r = f32x4.splat(rate),
    b1 = f32x4.splat(beta1),
    b2 = f32x4.splat(beta2),
    e = f32x4.splat(epsilon);
  // What is taken of the new gradient, and of its square.
  const o1 = f32x4.splat(1 - beta1),
    o2 = f32x4.splat(1 - beta2);
  // Both means begin at 0. Dividing by 1 − β^t corrects that in the first steps.
  const c1 = f32x4.splat(correct1),
    c2 = f32x4.splat(correct2);
  for (
    let i = w, j = g, k = m, l = v, end = w + bytes(size);
    i < end;
    i += 16, j += 16, k += 16, l += 16
  ) {
    const gradient = v128.load(j);
    // The running mean of the gradient, and that of its square.
    const first = f32x4.add(f32x4.mul(b1, v128.load(k)), f32x4.mul(o1, gradient));
    const second = f32x4.add(
      f32x4.mul(b2, v128.load(l)),
      f32x4.mul(o2, f32x4.mul(gradient, gradient)),
    );
    v128.store(k, first);
    v128.store(l, second);
    const step = f32x4.div(f32x4.div(first, c1), f32x4.add(f32x4.sqrt(f32x4.div(second, c2)), e));
    v128.store(i, f32x4.sub(v128.load(i), f32x4.mul(r, step)));
  }
}

/** Adagrad: a += g² and w −= rate · g / √(a + ε). */
export function adagrad(w: usize, g: usize, a: usize, size: i32, rate: f32, epsilon: f32): void {
  const r = f32x4.splat(rate),
    e = f32x4.splat(epsilon);
  for (let i = w, j = g, k = a, end = w + bytes(size); i < end; i += 16, j += 16, k += 16) {
    const gradient = v128.load(j);
    // ε is added under the root here, as tfjs does; Adam adds it outside.
    const sum = f32x4.add(v128.load(k), f32x4.mul(gradient, gradient));
    v128.store(k, sum);
    const step = f32x4.div(gradient, f32x4.sqrt(f32x4.add(sum, e)));
    v128.store(i, f32x4.sub(v128.load(i), f32x4.mul(r, step)));
  }
}

/** RMSProp: s = decay · s + (1 − decay) · g²; v = momentum · v + rate · g / √(s + ε); w −= v. */
export function rmsprop(
  w: usize,
  g: usize,
  s: usize,
  v: usize,
  size: i32,
  rate: f32,
  decay: f32,
  momentum: f32,
  epsilon: f32,
): void {
  const r = f32x4.splat(rate),
    d = f32x4.splat(decay),
    o = f32x4.splat(1 - decay);
  const m = f32x4.splat(momentum),
    e = f32x4.splat(epsilon);
  for (
    let i = w, j = g, k = s, l = v, end = w + bytes(size);
    i < end;
    i += 16, j += 16, k += 16, l += 16
  ) {
    const gradient = v128.load(j);
    // The running mean of the squared gradient.
    const square = f32x4.add(
      f32x4.mul(d, v128.load(k)),
      f32x4.mul(o, f32x4.mul(gradient, gradient)),
    );
    v128.store(k, square);
    const step = f32x4.div(f32x4.mul(r, gradient), f32x4.sqrt(f32x4.add(square, e)));
    const speed = f32x4.add(f32x4.mul(m, v128.load(l)), step);
    v128.store(l, speed);
    v128.store(i, f32x4.sub(v128.load(i), speed));
  }
}
