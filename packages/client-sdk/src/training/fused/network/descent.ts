import { parametersOf, type CompiledModel } from "../compile/layer-node.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";
import type { FusedLayer } from "../layers/layer.ts";
import type { ParameterPlaces } from "./parameter-places.ts";

/** One part of a descent, for the first `count` examples. */
export type Descend = (count: number, rate: number) => void;

/**
 * Makes what goes backwards through the layers, in parts to call one after the other, and moves the
 * trained parameters by −rate times their gradient. Layers that can do so move their own parameters on the way, which spares
 * writing and reading large gradients. The parameters of all other layers move at the end, and so do
 * those that several nodes have, because their gradient is complete only then.
 * @param layers - One for each node of the model.
 * @param backwards - Those whose gradient is needed, from the last to the first.
 */
export function descentOf(
  kernels: TrainingKernels,
  { nodes }: CompiledModel,
  layers: readonly FusedLayer[],
  backwards: readonly FusedLayer[],
  parameters: ParameterPlaces,
): readonly Descend[] {
  const namesOf = nodes.map(({ operation }) => parametersOf(operation));
  const uses = (name: string): number => namesOf.filter((names) => names.includes(name)).length;
  const descending = new Set(
    layers.filter(({ descends }, i) => descends && namesOf[i]!.every((name) => uses(name) === 1)),
  );
  const moved = new Set(namesOf.filter((_, i) => descending.has(layers[i]!)).flat());
  const others = parameters.layout.parameters
    .filter(({ name }) => !moved.has(name) && parameters.of(name).gradient !== 0)
    .map(({ name, size }) => ({ ...parameters.of(name), size }));
  return [
    ...backwards.map((layer): Descend =>
      descending.has(layer)
        ? (count, rate) => layer.backward(count, rate)
        : (count) => layer.backward(count),
    ),
    (_, rate) => {
      for (const { values, gradient, size } of others) {
        kernels.descend(values, gradient, size, rate);
      }
    },
  ];
}
