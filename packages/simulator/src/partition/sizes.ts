/** Divides `count` into parts that differ by one at most, the same ones for the same numbers. */
export function equalSizes(count: number, parts: number): Uint32Array {
  const start = (part: number): number => Math.floor((part * count) / parts);
  return Uint32Array.from({ length: parts }, (_, part) => start(part + 1) - start(part));
}

/**
 * Divides `count` in proportion to weights.
 * @param weights - Not negative, and not all 0.
 * @param least - What every part gets before the rest is divided; `least` · parts ≤ `count`.
 * @returns Parts that add up to `count`. Each differs by less than one from its exact share.
 */
export function proportionalSizes(
  count: number,
  weights: ArrayLike<number>,
  least = 0,
): Uint32Array {
  const rest = count - least * weights.length;
  let total = 0;
  for (let part = 0; part < weights.length; part++) total += weights[part]!;
  const sizes = new Uint32Array(weights.length);
  let sum = 0;
  let end = 0;
  for (let part = 0; part < weights.length; part++) {
    sum += weights[part]!;
    const start = end;
    // The last sum may differ from the total in its last bits.
    end = part === weights.length - 1 ? rest : Math.min(rest, Math.floor((sum / total) * rest));
    sizes[part] = least + end - start;
  }
  return sizes;
}
