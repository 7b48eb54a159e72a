// Each formula is that of tfjs, operation by operation; the interface `OptimizerKernels` has them
// in mathematical notation. A weight is read, moved and stored in one statement.
import type { OptimizerKernels } from "../number-kernels.ts";
import { indexOf, type ReferenceMemory } from "./memory.ts";

const r = Math.fround;

/** The specification of the optimizers. */
export function optimizerKernels(memory: ReferenceMemory): OptimizerKernels {
  // The names of the state are those of the descents: v is a velocity, m and v are the running
  // means of Adam, a is the sum of Adagrad, s is the mean of RMSProp.
  return {
    descend(w, g, size, rate) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        f[indexOf(w) + i] = f[indexOf(w) + i]! - r(r(rate) * f[indexOf(g) + i]!);
      }
    },
    descendWithMomentum({ size, rate, momentum, nesterov, ...at }) {
      const { f } = memory;
      const [w, g, v] = [indexOf(at.w), indexOf(at.g), indexOf(at.v)];
      for (let i = 0; i < size; i++) {
        const speed = r(r(r(momentum) * f[v + i]!) + f[g + i]!);
        f[v + i] = speed;
        // Nesterov looks ahead: it takes the gradient and the step that follows from the new
        // velocity.
        const step = nesterov ? r(f[g + i]! + r(r(momentum) * speed)) : speed;
        f[w + i] = f[w + i]! - r(r(rate) * step);
      }
    },
    adam({ size, rate, beta1, beta2, epsilon, ...at }, correct1, correct2) {
      const { f } = memory;
      const [w, g, m, v] = [indexOf(at.w), indexOf(at.g), indexOf(at.m), indexOf(at.v)];
      // The factors of the old mean and of what is new. They are rounded first, as arguments of
      // WebAssembly are.
      const [b1, b2] = [r(beta1), r(beta2)];
      const [o1, o2] = [r(1 - b1), r(1 - b2)];
      for (let i = 0; i < size; i++) {
        const gradient = f[g + i]!;
        const first = r(r(b1 * f[m + i]!) + r(o1 * gradient));
        const second = r(r(b2 * f[v + i]!) + r(o2 * r(gradient * gradient)));
        f[m + i] = first;
        f[v + i] = second;
        // Both means begin at 0. Dividing by 1 − β^t corrects that bias in the first steps.
        const spread = r(r(Math.sqrt(r(second / r(correct2)))) + r(epsilon));
        f[w + i] = f[w + i]! - r(r(rate) * r(r(first / r(correct1)) / spread));
      }
    },
    adagrad({ size, rate, epsilon, ...at }) {
      const { f } = memory;
      const [w, g, a] = [indexOf(at.w), indexOf(at.g), indexOf(at.a)];
      for (let i = 0; i < size; i++) {
        const gradient = f[g + i]!;
        // The larger the gradients of a parameter were so far, the smaller its steps become.
        const sum = r(f[a + i]! + r(gradient * gradient));
        f[a + i] = sum;
        f[w + i] = f[w + i]! - r(r(rate) * r(gradient / r(Math.sqrt(r(sum + r(epsilon))))));
      }
    },
    rmsprop({ size, rate, decay, momentum, epsilon, ...at }) {
      const { f } = memory;
      const [w, g, s, v] = [indexOf(at.w), indexOf(at.g), indexOf(at.s), indexOf(at.v)];
      // How much of the old mean stays, and how much of the new square is taken.
      const kept = r(decay);
      const taken = r(1 - kept);
      for (let i = 0; i < size; i++) {
        const gradient = f[g + i]!;
        const square = r(r(kept * f[s + i]!) + r(taken * r(gradient * gradient)));
        f[s + i] = square;
        const step = r(r(r(rate) * gradient) / r(Math.sqrt(r(square + r(epsilon)))));
        const speed = r(r(r(momentum) * f[v + i]!) + step);
        f[v + i] = speed;
        f[w + i] = f[w + i]! - speed;
      }
    },
  };
}
