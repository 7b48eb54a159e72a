import * as tf from "@tensorflow/tfjs";
import { TributaryError } from "@tributary/protocol";
import type { StepTerms } from "./local-trainer.ts";

/** Changes the gradients of a step before the optimizer applies them. */
export interface TfjsGradientTerms {
  /**
   * To be called within `tf.tidy`, which frees the intermediate tensors.
   * @param gradients - The gradients by the names of their variables; not modified.
   * @returns The changed gradients by the same names.
   */
  apply(gradients: tf.NamedTensorMap): tf.NamedTensorMap;
  /** Frees the tensors that are kept from step to step. */
  dispose(): void;
}

/**
 * Prepares the terms of one training, with the current values of the variables as its starting
 * weights.
 * @throws TributaryError `BAD_PARAMETER` for terms that only the fused engine has.
 */
export function tfjsGradientTerms(
  trained: readonly tf.Variable[],
  { proximal = 0, gradientClipNorm, ...others }: StepTerms,
): TfjsGradientTerms {
  const [unknown] = Object.entries(others).filter(([, value]) => value !== undefined);
  if (unknown !== undefined) {
    throw new TributaryError(
      "BAD_PARAMETER",
      `The engine tfjs does not have the term ${unknown[0]}`,
      {
        remedy: "Use the engine fused, or leave the term out.",
      },
    );
  }
  // The weights w₀ from which the proximal term μ/2 · ‖w − w₀‖² measures; its gradient is μ · (w −
  // w₀).
  const anchors = new Map(
    proximal === 0 ? [] : trained.map((variable) => [variable, tf.keep(variable.clone())]),
  );
  return {
    apply(gradients) {
      const changed = { ...gradients };
      for (const [variable, anchor] of anchors) {
        const gradient = changed[variable.name];
        if (gradient === undefined) continue;
        changed[variable.name] = tf.add(gradient, tf.mul(proximal, tf.sub(variable, anchor)));
      }
      if (gradientClipNorm === undefined) return changed;
      const squares = Object.values(changed).map((gradient) => tf.sum(tf.square(gradient)));
      // All gradients together are scaled by min(1, bound / norm).
      const factor = tf.minimum(1, tf.div(gradientClipNorm, tf.sqrt(tf.addN(squares))));
      for (const [name, gradient] of Object.entries(changed)) {
        changed[name] = tf.mul(gradient, factor);
      }
      return changed;
    },
    dispose: () => tf.dispose([...anchors.values()]),
  };
}
