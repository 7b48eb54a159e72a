import type { LayerOperation } from "../compile/layer-node.ts";
import type { FusedLayer, LayerContext, NodeValues } from "./layer.ts";

/**
 * Builds a layer that applies another one to every moment of a sequence, with the same parameters
 * each time: every moment counts as an example of its own.
 * @param build - Builds the layer that is applied.
 */
export function eachMomentLayer(
  context: LayerContext<Extract<LayerOperation, { kind: "eachMoment" }>>,
  build: (context: LayerContext) => FusedLayer,
): FusedLayer {
  const { moments, operation } = context.operation;
  const ofMoment = ({ size, shape, ...places }: NodeValues): NodeValues => ({
    ...{ ...places, size: size / moments, shape: shape.slice(1) },
  });
  const [first, ...rest] = context.inputs.map(ofMoment);
  const layer = build({
    ...{ ...context, operation, inputs: [first!, ...rest] },
    ...{ output: ofMoment(context.output), capacity: context.capacity * moments },
  });
  const { forward, backward } = layer.operations;
  return {
    ...layer,
    operations: { forward: moments * forward, backward: moments * backward },
    forward: (count, pass) => layer.forward(count * moments, pass),
    backward: (count) => layer.backward(count * moments),
  };
}
