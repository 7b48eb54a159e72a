import type { OptimizerKernels } from "../kernel-functions.ts";
import type { ReferenceMemory } from "./memory.ts";

const r = Math.fround;

export function optimizerKernels(memory: ReferenceMemory): OptimizerKernels {
  return {
    descend(w, g, size, rate) {
      const { f } = memory;
      for (let i = 0; i < size; i++) f[w + i] = f[w + i]! - r(r(rate) * f[g + i]!);
    },
    descendWithMomentum(w, g, v, size, rate, momentum, nesterov) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        const speed = r(r(r(momentum) * f[v + i]!) + f[g + i]!);
        f[v + i] = speed;
        const step = nesterov === 0 ? speed : r(f[g + i]! + r(r(momentum) * speed));
        f[w + i] = f[w + i]! - r(r(rate) * step);
      }
    },
    adam(w, g, m, v, size, rate, beta1, beta2, correct1, correct2, epsilon) {
      const { f } = memory;
      const [b1, b2] = [r(beta1), r(beta2)];
      const [o1, o2] = [r(1 - b1), r(1 - b2)];
      for (let i = 0; i < size; i++) {
        const gradient = f[g + i]!;
        const first = r(r(b1 * f[m + i]!) + r(o1 * gradient));
        const second = r(r(b2 * f[v + i]!) + r(o2 * r(gradient * gradient)));
        f[m + i] = first;
        f[v + i] = second;
        const spread = r(r(Math.sqrt(r(second / r(correct2)))) + r(epsilon));
        f[w + i] = f[w + i]! - r(r(rate) * r(r(first / r(correct1)) / spread));
      }
    },
    adagrad(w, g, a, size, rate, epsilon) {
      const { f } = memory;
      for (let i = 0; i < size; i++) {
        const gradient = f[g + i]!;
        const sum = r(f[a + i]! + r(gradient * gradient));
        f[a + i] = sum;
        f[w + i] = f[w + i]! - r(r(rate) * r(gradient / r(Math.sqrt(r(sum + r(epsilon))))));
      }
    },
    rmsprop(w, g, s, v, size, rate, decay, momentum, epsilon) {
      const { f } = memory;
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
