// Compiles layers that normalise. Layer and group normalisation become the same kind of node, and
// differ in which values share a mean. Batch normalisation has averages besides,
// which are parameters.
import { LayerRefusal, numberOf, requireOneOf } from "./layer-config.ts";
import {
  parameter,
  type CompiledLayer,
  type LayerCompiler,
  type LayerToCompile,
} from "./layer-to-compile.ts";

/** Compiles a LayerNormalization: one group of all channels, for each pixel on its own. */
function layerNormalization(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  return groups(layer, shape, 1, false);
}

/** Compiles a GroupNormalization: the layer of Keras, which the SDK adds to tfjs. */
function groupNormalization(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  // −1 asks for one group for each channel. 32 is the default of Keras.
  const asked = layer.config["groups"] ?? 32;
  const channels = shape.at(-1) ?? 0;
  const count = asked === -1 ? channels : Number(asked);
  if (!(Number.isInteger(count) && count > 0 && channels % count === 0)) {
    throw new LayerRefusal(`its ${channels} channels are to be in ${JSON.stringify(asked)} groups`);
  }
  return groups(layer, shape, count, true);
}

/** Compiles a normalisation of groups of channels. */
function groups(
  layer: LayerToCompile,
  shape: readonly number[],
  count: number,
  overPixels: boolean,
): CompiledLayer {
  const { config } = layer;
  requireLastAxis(config["axis"], shape);
  // A model that neither scales nor centers has no such parameters.
  const gamma = requireOneOf(config, "scale", true, false) ? parameter(layer, "gamma") : undefined;
  const beta = requireOneOf(config, "center", true, false) ? parameter(layer, "beta") : undefined;
  const named = [gamma, beta].filter((one) => one !== undefined);
  requireChannels(named, shape);
  // The default of epsilon is that of Keras and tfjs.
  return {
    nodes: [
      {
        operation: {
          ...{ kind: "groupNorm", groups: count, overPixels },
          ...{ gamma: gamma?.name, beta: beta?.name },
          epsilon: numberOf(config, "epsilon", 1e-3),
        },
        shape,
      },
    ],
    parameters: named.map(({ name }) => name),
  };
}

/** Compiles a BatchNormalization. */
function batchNormalization(layer: LayerToCompile, shape: readonly number[]): CompiledLayer {
  const { config } = layer;
  const { isTrained } = layer;
  requireLastAxis(config["axis"], shape);
  const gamma = requireOneOf(config, "scale", true, false) ? parameter(layer, "gamma") : undefined;
  const beta = requireOneOf(config, "center", true, false) ? parameter(layer, "beta") : undefined;
  // The averages are parameters of the model too: they come and go with the weights.
  const mean = parameter(layer, "moving_mean");
  const variance = parameter(layer, "moving_variance");
  const named = [gamma, beta, mean, variance].filter((one) => one !== undefined);
  requireChannels(named, shape);
  return {
    nodes: [
      {
        operation: {
          ...{ kind: "batchNorm", isTrained, gamma: gamma?.name, beta: beta?.name },
          ...{ mean: mean.name, variance: variance.name },
          momentum: numberOf(config, "momentum", 0.99),
          epsilon: numberOf(config, "epsilon", 1e-3),
        },
        shape,
      },
    ],
    parameters: named.map(({ name }) => name),
  };
}

/** Refuses a normalisation over any axis but the last one. */
function requireLastAxis(axis: unknown, shape: readonly number[]): void {
  // An axis may be a number or a list of one number. −1 is the last axis.
  const one: unknown = Array.isArray(axis) && axis.length === 1 ? axis[0] : (axis ?? -1);
  if (one === -1 || one === shape.length) return;
  throw new LayerRefusal(`its axis is ${JSON.stringify(axis)}`);
}

/** Refuses parameters that do not have one value for each channel. */
function requireChannels(
  parameters: readonly { readonly shape: readonly number[] }[],
  shape: readonly number[],
): void {
  for (const { shape: found } of parameters) {
    if (found.length === 1 && found[0] === shape.at(-1)) continue;
    throw new LayerRefusal(`it has a parameter [${found.join(", ")}] for [${shape.join(", ")}]`);
  }
}

/** The layers that normalise. */
export const NORMALIZATION_LAYERS: Readonly<Record<string, LayerCompiler>> = {
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  BatchNormalization: batchNormalization,
};
