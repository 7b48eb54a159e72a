// Compiles layers that treat every row, or every value, on its own.
import { finitesOf, LayerRefusal, rateOf, requireAbsent, requireSizeOf } from "./layer-config.ts";
import { one, parameter, unchanged, type LayerCompiler } from "./layer-to-compile.ts";
import { weighted } from "./weighted-layer.ts";

/** The layers that treat every row, or every value, on its own. */
export const DENSE_LAYERS: Readonly<Record<string, LayerCompiler>> = {
  // A Dense works on the last axis and leaves the others as they are.
  Dense: (layer, shape) => {
    const { config } = layer;
    const width = shape.at(-1);
    const kernel = parameter(layer, "kernel");
    const [inputs, units] = kernel.shape;
    if (width === undefined || kernel.shape.length !== 2 || inputs !== width) {
      throw new LayerRefusal(
        `its kernel is [${kernel.shape.join(", ")}] for [${shape.join(", ")}]`,
      );
    }
    requireSizeOf(config, "units", units);
    return weighted(layer, kernel, [units!], [...shape.slice(0, -1), units!], (bias) => ({
      operation: { kind: "dense", kernel: kernel.name, bias },
      activation: config["activation"],
    }));
  },
  // A dropout that drops nothing makes no node.
  Dropout: ({ config }, shape) => {
    requireAbsent(config, "noise_shape");
    const rate = rateOf(config, "rate");
    return rate === 0 ? unchanged() : one({ kind: "dropout", rate }, shape);
  },
  Rescaling: ({ config }, shape) => {
    const channels = shape.at(-1) ?? 1;
    const factors = finitesOf(config, "scale", 1, channels);
    return one({ kind: "scale", factors, terms: finitesOf(config, "offset", 0, channels) }, shape);
  },
};
