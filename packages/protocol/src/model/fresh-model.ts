import type { RandomSource } from "../random/random-source.ts";
import { fillGlorotUniform } from "./glorot-uniform.ts";
import { layoutOf } from "./parameter-layout.ts";
import type { ModelDescription } from "./tfjs-model.ts";

/** A builtin model with fresh weights. */
export interface BuiltinModel {
  readonly description: ModelDescription;
  /**
   * Initial parameters, Float32, shape [d] in checkpoint order: kernels and embeddings are Glorot
   * uniform, the factors of normalisations are 1, and all else is 0.
   */
  readonly values: Float32Array;
}

/**
 * Draws the initial values of a model.
 * @param random - Each kernel draws from a child of it that is named after the kernel. So a kernel
 * depends on the seed, its name and its shape, and not on the other layers.
 * @throws TributaryError `MODEL_UNSUPPORTED` when the model has too many parameters.
 */
export function freshModel(description: ModelDescription, random: RandomSource): BuiltinModel {
  const layout = layoutOf(description.parameters);
  const values = new Float32Array(layout.size);
  for (const { name, shape, offset, size } of layout.parameters) {
    const target = values.subarray(offset, offset + size);
    if (name.endsWith("/gamma")) target.fill(1);
    if (!/\/(kernel|embeddings)$/.test(name)) continue;
    fillGlorotUniform(target, shape, random.derive(`initial ${name}`));
  }
  return { description, values };
}
