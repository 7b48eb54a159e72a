import { activation } from "./compile-activation.ts";
import { requireOneOf, LayerRefusal } from "./layer-config.ts";
import type { LayerOperation } from "./layer-node.ts";
import { parameter, type CompiledLayer, type LayerToCompile } from "./layer-to-compile.ts";

/**
 * Compiles a layer that has a kernel, perhaps a bias, and an activation.
 * @param biasShape - The shape that the bias must have.
 * @param shape - The shape of the output.
 * @param make - Makes the operation from the name of the bias, and gives the activation.
 */
export function weighted(
  layer: LayerToCompile,
  kernel: { readonly name: string },
  biasShape: readonly number[],
  shape: readonly number[],
  make: (bias: string | undefined) => { operation: LayerOperation; activation: unknown },
): CompiledLayer {
  const { config } = layer;
  const bias = requireOneOf(config, "use_bias", true, false) ? parameter(layer, "bias") : undefined;
  if (bias !== undefined && bias.shape.join() !== biasShape.join()) {
    throw new LayerRefusal(
      `its bias is [${bias.shape.join(", ")}] where [${biasShape.join(", ")}] is needed`,
    );
  }
  const { operation, activation: name } = make(bias?.name);
  return {
    nodes: [{ operation, shape }, ...activation(name, shape)],
    parameters: [kernel.name, ...(bias === undefined ? [] : [bias.name])],
  };
}
