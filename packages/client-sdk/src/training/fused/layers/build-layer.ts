import { activationLayer } from "./activation.ts";
import { addLayer } from "./add.ts";
import { arrangeLayer } from "./arrange.ts";
import { attentionLayer } from "./attention.ts";
import { batchNormLayer } from "./batch-norm.ts";
import { convolutionLayer } from "./convolution.ts";
import { countedMeanLayer } from "./counted-mean.ts";
import { denseLayer } from "./dense.ts";
import { depthwiseLayer } from "./depthwise.ts";
import { dropoutLayer } from "./dropout.ts";
import { eachMomentLayer } from "./each-moment.ts";
import { embeddingLayer } from "./embedding.ts";
import { groupNormLayer } from "./group-norm.ts";
import { gruLayer } from "./gru.ts";
import { lstmLayer } from "./lstm.ts";
import type { FusedLayer, LayerContext } from "./layer.ts";
import { maskLayer } from "./mask.ts";
import { momentDropoutLayer } from "./moment-dropout.ts";
import { multiplyLayer } from "./multiply.ts";
import { poolingLayer } from "./pooling.ts";
import { positionsLayer } from "./positions.ts";
import { preluLayer } from "./prelu.ts";
import { resetAfterGruLayer } from "./reset-after-gru.ts";
import { reshapeLayer } from "./reshape.ts";
import { scaleLayer } from "./scale.ts";
import { simpleRnnLayer } from "./simple-rnn.ts";
import { transposedConvolutionLayer } from "./transposed-convolution.ts";
import { zeroPaddingLayer } from "./zero-padding.ts";

/**
 * Builds the layer of a node: one function for each kind of operation. To add a kind, declare it in
 * `LayerOperation`, let a function of `compile/` make it, and write its layer in a file beside this
 * one.
 */
export function buildLayer(context: LayerContext): FusedLayer {
  const { operation } = context;
  // `operation` is passed again because only there the compiler knows its kind. A kind without a
  // case does not compile.
  switch (operation.kind) {
    case "dense":
      return denseLayer({ ...context, operation });
    case "activation":
      return activationLayer({ ...context, operation });
    case "prelu":
      return preluLayer({ ...context, operation });
    case "reshape":
      return reshapeLayer(context);
    case "convolution":
      return convolutionLayer({ ...context, operation });
    case "transposedConvolution":
      return transposedConvolutionLayer({ ...context, operation });
    case "depthwise":
      return depthwiseLayer({ ...context, operation });
    case "groupNorm":
      return groupNormLayer({ ...context, operation });
    case "batchNorm":
      return batchNormLayer({ ...context, operation });
    case "pooling":
      return poolingLayer({ ...context, operation });
    case "zeroPadding":
      return zeroPaddingLayer({ ...context, operation });
    case "dropout":
      return dropoutLayer({ ...context, operation });
    case "momentDropout":
      return momentDropoutLayer({ ...context, operation });
    case "mask":
      return maskLayer({ ...context, operation });
    case "countedMean":
      return countedMeanLayer(context);
    case "attention":
      return attentionLayer({ ...context, operation });
    case "positions":
      return positionsLayer({ ...context, operation });
    case "embedding":
      return embeddingLayer({ ...context, operation });
    case "recurrent":
      return RECURRENT[operation.cell]({ ...context, operation });
    case "eachMoment":
      return eachMomentLayer({ ...context, operation }, buildLayer);
    case "add":
      return addLayer(context);
    case "multiply":
      return multiplyLayer(context);
    case "scale":
      return scaleLayer({ ...context, operation });
    case "arrange":
      return arrangeLayer({ ...context, operation });
  }
}

/** The recurrent layers, by their cells. */
const RECURRENT = {
  ...{ lstm: lstmLayer, gru: gruLayer, resetAfterGru: resetAfterGruLayer, simple: simpleRnnLayer },
} as const;
