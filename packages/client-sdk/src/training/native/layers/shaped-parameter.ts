import type { GraphWriter } from "../onnx/graph-writer.ts";
import type { GraphParameter } from "./layer-graph.ts";

/** Gives a parameter under the shape that a layer computes with, which has as many values. */
export function shapedParameter(
  graph: GraphWriter,
  parameter: GraphParameter,
  shape: readonly number[],
): GraphParameter {
  if (parameter.shape.join() === shape.join()) return parameter;
  const back = (value: string): string => graph.op("Reshape", [value, graph.ints(parameter.shape)]);
  return {
    ...{ shape, isTrained: parameter.isTrained },
    name: graph.op("Reshape", [parameter.name, graph.ints(shape)]),
    become: (value) => parameter.become(back(value)),
    addGradient: ({ write }) => parameter.addGradient({ write: () => back(write()) }),
  };
}
