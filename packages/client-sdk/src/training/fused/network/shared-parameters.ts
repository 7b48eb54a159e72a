import type { Address } from "@tributary/protocol";
import { parametersOf, type CompiledModel } from "../compile/layer-node.ts";
import type { TrainingKernels } from "../kernels/training-kernels.ts";
import type { FusedLayer, NodeParameter } from "../layers/layer.ts";
import type { ParameterPlaces } from "./parameter-places.ts";

/**
 * Builds the layer of a node whose parameters later nodes may have too, as when a model uses a layer
 * several times. In the backward pass the nodes come from the last to the first. The last one writes
 * the gradient of the parameter, and the others add theirs.
 */
export function withSharedParameters(
  kernels: TrainingKernels,
  { nodes }: CompiledModel,
  index: number,
  parameters: ParameterPlaces,
  allocate: (size: number) => Address,
  build: (parameter: (name: string) => NodeParameter) => FusedLayer,
): FusedLayer {
  const later = new Set(nodes.slice(index + 1).flatMap(({ operation }) => parametersOf(operation)));
  const shared = parametersOf(nodes[index]!.operation)
    .filter((name) => later.has(name) && parameters.of(name).gradient !== 0)
    .map((name) => {
      const size = parameters.sizeOf(name);
      return { name, size, whole: parameters.of(name).gradient, part: allocate(size) };
    });
  const layer = build((name) => {
    const part = shared.find((parameter) => parameter.name === name)?.part;
    return part === undefined ? parameters.of(name) : { ...parameters.of(name), gradient: part };
  });
  if (shared.length === 0) return layer;
  return {
    ...layer,
    backward(count) {
      layer.backward(count);
      for (const { part, whole, size } of shared) kernels.add(part, whole, size);
    },
  };
}
