// Compiles attention, and the embeddings of positions that it needs.
import { shapeSize } from "@tributary/protocol";
import {
  isSize,
  LayerRefusal,
  rateOf,
  requireAbsent,
  requireOneOf,
  requireSizeOf,
} from "./layer-config.ts";
import {
  parameter,
  requireAxes,
  type CompiledLayer,
  type LayerCompiler,
  type LayerToCompile,
} from "./layer-to-compile.ts";
import { NodeJoiner } from "./node-joiner.ts";

/**
 * Compiles a MultiHeadAttention as Keras has it: its inputs are the query, the value and the key. A
 * value that is left out is the query, and a key that is left out is the value.
 */
export function attention(layer: LayerToCompile): CompiledLayer {
  const { config, inputs } = layer;
  const [heads, keySize] = [config["num_heads"], config["key_dim"]];
  const valueSize = config["value_dim"] ?? keySize;
  if (!isSize(heads) || !isSize(keySize) || !isSize(valueSize) || inputs.length > 3) {
    throw new LayerRefusal(`it has ${inputs.length} inputs and ${JSON.stringify(heads)} heads`);
  }
  requireAbsent(config, "output_shape");
  // The axis of the moments is the only one there is.
  requireOneOf({ axes: JSON.stringify(config["attention_axes"] ?? [1]) }, "axes", "[1]");
  const [query, value = 0, key = value] = inputs.map((_, index) => index);
  const shapeOf = (input: number): readonly number[] => requireAxes(inputs[input]!.shape, 2);
  const moments = shapeOf(query!)[0]!;
  if (shapeOf(value)[0] !== shapeOf(key)[0]) {
    throw new LayerRefusal("its key and its value have different numbers of moments");
  }
  const hasBias = requireOneOf(config, "use_bias", true, false);
  const joiner = new NodeJoiner(inputs.length);
  const used: string[] = [];
  /** Adds a projection of a value from [rows, width] to [rows, outputs]. */
  const project = (
    part: string,
    [rows, width]: readonly number[],
    reads: number,
    kernelShape: readonly number[],
    biasShape: readonly number[],
  ): number => {
    const named = [parameter(layer, `${part}/kernel`)];
    if (hasBias) named.push(parameter(layer, `${part}/bias`));
    const expected = [[width, ...kernelShape], biasShape];
    const found = named.map(({ shape }) => shape);
    if (JSON.stringify(found) !== JSON.stringify(expected.slice(0, found.length))) {
      throw new LayerRefusal(`its ${part} has the parameters ${JSON.stringify(found)}`);
    }
    used.push(...named.map(({ name }) => name));
    const outputs = shapeSize(biasShape);
    const [kernel, bias] = named;
    const operation = { kind: "dense", kernel: kernel!.name, bias: bias?.name } as const;
    return joiner.add(operation, [rows!, outputs], [reads]);
  };
  const perHead = (part: string, input: number, size: number): number =>
    project(part, shapeOf(input), input, [heads, size], [heads, size]);
  const reads = [
    perHead("query", query!, keySize),
    perHead("key", key, keySize),
    perHead("value", value, valueSize),
  ];
  const causal = requireOneOf(config, "use_causal_mask", false, true);
  const mixed = joiner.add(
    { kind: "attention", heads, causal, dropout: rateOf(config, "dropout") },
    [moments, heads * valueSize],
    reads,
  );
  const width = shapeOf(query!)[1]!;
  // The output's kernel is [heads, size, width]: its first two axes are the columns of all heads.
  project("attention_output", [moments, heads], mixed, [valueSize, width], [width]);
  return { nodes: joiner.layer.nodes, parameters: used };
}

/** Compiles a PositionEmbedding: a row of a table for each position, the same for all examples. */
export const positionEmbedding: LayerCompiler = (layer, shape) => {
  const table = parameter(layer, "embeddings");
  const [entries, width] = table.shape;
  const [moments, channels] = requireAxes(shape, 2);
  requireSizeOf(layer.config, "sequence_length", entries);
  if (table.shape.length !== 2 || width !== channels || entries! < moments!) {
    throw new LayerRefusal(
      `its embeddings are [${table.shape.join(", ")}] for [${shape.join(", ")}]`,
    );
  }
  const operation = { kind: "positions", table: table.name, entries: entries! } as const;
  return { nodes: [{ operation, shape }], parameters: [table.name] };
};
