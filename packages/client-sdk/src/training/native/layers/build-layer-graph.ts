import type { LayerOperation } from "../../fused/compile/layer-node.ts";
import { activationGraph } from "./activation.ts";
import { arrangementGraph, zeroPaddingGraph } from "./arrangement.ts";
import { attentionGraph } from "./attention.ts";
import { convolutionGraph, depthwiseGraph, transposedConvolutionGraph } from "./convolution.ts";
import { denseGraph } from "./dense.ts";
import { dropoutGraph, momentDropoutGraph } from "./dropout.ts";
import { rowsOf, asRows, type GraphValue } from "./graph-value.ts";
import type { LayerContext, LayerGraph } from "./layer-graph.ts";
import { addGraph, multiplyGraph, preluGraph, reshapeGraph, scaleGraph } from "./merge.ts";
import { batchNormGraph, groupNormGraph } from "./normalization.ts";
import { countedMeanGraph, maskGraph } from "./masks.ts";
import { poolingGraph } from "./pooling.ts";
import { recurrentGraph } from "./recurrent.ts";
import { embeddingGraph, positionsGraph } from "./tables.ts";

/** Writes the layer of a node of a model that `compileForGraphs` has taken. */
export function buildLayerGraph(context: LayerContext): LayerGraph {
  const { operation } = context;
  switch (operation.kind) {
    case "dense":
      return denseGraph({ ...context, operation });
    case "activation":
      return activationGraph({ ...context, operation });
    case "prelu":
      return preluGraph({ ...context, operation });
    case "reshape":
      return reshapeGraph(context);
    case "convolution":
      return convolutionGraph({ ...context, operation });
    case "transposedConvolution":
      return transposedConvolutionGraph({ ...context, operation });
    case "depthwise":
      return depthwiseGraph({ ...context, operation });
    case "groupNorm":
      return groupNormGraph({ ...context, operation });
    case "batchNorm":
      return batchNormGraph({ ...context, operation });
    case "pooling":
      return poolingGraph({ ...context, operation });
    case "zeroPadding":
      return zeroPaddingGraph({ ...context, operation });
    case "dropout":
      return dropoutGraph({ ...context, operation });
    case "momentDropout":
      return momentDropoutGraph({ ...context, operation });
    case "attention":
      return attentionGraph({ ...context, operation });
    case "positions":
      return positionsGraph({ ...context, operation });
    case "embedding":
      return embeddingGraph({ ...context, operation });
    case "eachMoment":
      return eachMomentGraph({ ...context, operation });
    case "add":
      return addGraph(context);
    case "multiply":
      return multiplyGraph(context);
    case "scale":
      return scaleGraph({ ...context, operation });
    case "arrange":
      return arrangementGraph({ ...context, operation });
    case "recurrent":
      return recurrentGraph({ ...context, operation });
    case "mask":
      return maskGraph({ ...context, operation });
    case "countedMean":
      return countedMeanGraph(context);
  }
}

/** Writes a layer for every moment of a sequence, each of which counts as an example of its own. */
function eachMomentGraph(
  context: LayerContext<Extract<LayerOperation, { kind: "eachMoment" }>>,
): LayerGraph {
  const { graph, inputs, shape } = context;
  const apart = (value: GraphValue): GraphValue =>
    rowsOf(graph, asRows(graph, value).name, value.shape.slice(1));
  const together = (value: GraphValue, whole: readonly number[]): GraphValue =>
    rowsOf(graph, asRows(graph, value).name, whole);
  const [first, ...rest] = inputs;
  const layer = buildLayerGraph({
    ...{ ...context, operation: context.operation.operation, shape: shape.slice(1) },
    inputs: [apart(first), ...rest.map(apart)],
    dropped: (rate, each) => apart(context.dropped(rate, [shape[0]!, ...each])),
  });
  return {
    output: together(layer.output, shape),
    backward: (dy, needed) =>
      layer
        .backward(apart(dy), needed)
        .map((value, index) => value && together(value, inputs[index]!.shape)),
  };
}
