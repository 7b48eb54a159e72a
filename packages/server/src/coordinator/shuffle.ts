import type { RandomSource } from "@tributary/protocol";

/** A new array with the items in uniformly random order (Fisher–Yates; 48-bit draws, so the bias is below 2⁻³⁰). */
export function shuffled<Item>(items: readonly Item[], random: RandomSource): Item[] {
  const out = [...items];
  if (out.length < 2) return out;
  const bytes = random.bytes(out.length * 6);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = out.length - 1; i > 0; i--) {
    const draw = view.getUint32(6 * i, true) + view.getUint16(6 * i + 4, true) * 2 ** 32;
    const j = draw % (i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}
