import * as tf from "@tensorflow/tfjs";
import { TributaryError } from "@tributary/protocol";
import type { StepTerms } from "./local-trainer.ts";

/** Changes a step's gradients before the optimizer takes them. */
export interface TfjsGradientTerms {
  /** To be called in a tidy scope. @param gradients - By the variables' names. */
  apply(gradients: tf.NamedTensorMap): tf.NamedTensorMap;
  dispose(): void;
}

/**
 * Makes a training's terms, from the values that the variables have now.
 * @throws TributaryError `BAD_PARAMETER` for terms that only the fused engine has.
 */
export function tfjsGradientTerms(
  trained: readonly tf.Variable[],
  { proximal = 0, gradientClipNorm, ...others }: StepTerms,
): TfjsGradientTerms {
  const [unknown] = Object.entries(others).filter(([, value]) => value !== undefined);
  if (unknown !== undefined) {
    throw new TributaryError("BAD_PARAMETER", `The engine tfjs has no term ${unknown[0]}`, {
      remedy: "Use the engine fused.",
    });
  }
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
      const factor = tf.minimum(1, tf.div(gradientClipNorm, tf.sqrt(tf.addN(squares))));
      for (const [name, gradient] of Object.entries(changed)) {
        changed[name] = tf.mul(gradient, factor);
      }
      return changed;
    },
    dispose: () => tf.dispose([...anchors.values()]),
  };
}
