// Reads what a layer's configuration says about its parameters besides their shapes: what is added
// to the loss for them (regularizers), and what holds for them after every step (constraints).
import { asFields, LayerRefusal, numberOf, requireAbsent, type Fields } from "./layer-config.ts";
import type { ParameterBound, ParameterPenalty } from "./layer-node.ts";
import type { LayerToCompile, ParameterRules } from "./layer-to-compile.ts";

/** The parameters that fields such as `kernel_regularizer` are about. */
const PARAMETERS: Readonly<Record<string, string>> = {
  kernel: "kernel",
  bias: "bias",
  recurrent: "recurrent_kernel",
  depthwise: "depthwise_kernel",
  pointwise: "pointwise_kernel",
  alpha: "alpha",
  gamma: "gamma",
  beta: "beta",
  embeddings: "embeddings",
};

/**
 * Reads the rules for those parameters of a layer that it uses.
 * @param used - Their names.
 * @throws LayerRefusal for a rule that is unknown.
 */
export function parameterRules(layer: LayerToCompile, used: readonly string[]): ParameterRules {
  const { config, name: layerName, parameters } = layer;
  requireAbsent(config, "activity_regularizer");
  const penalties: ParameterPenalty[] = [];
  const bounds: ParameterBound[] = [];
  for (const [field, value] of Object.entries(config)) {
    const [, stem, kind] = /^(.*)_(regularizer|constraint)$/.exec(field) ?? [];
    if (stem === undefined || (value ?? null) === null) continue;
    const name = Object.hasOwn(PARAMETERS, stem)
      ? used.find((one) => one.startsWith(`${layerName}/`) && one.endsWith(`/${PARAMETERS[stem]}`))
      : undefined;
    // A rule for a bias that the layer does not have changes nothing.
    if (name === undefined && config[`use_${stem}`] === false) continue;
    if (name === undefined) throw new LayerRefusal(`it has a ${field}`);
    try {
      if (kind === "regularizer") penalties.push({ parameter: name, ...penaltyOf(value) });
      else bounds.push({ parameter: name, ...boundOf(value, parameters.get(name)!) });
    } catch (error) {
      if (!(error instanceof LayerRefusal)) throw error;
      throw new LayerRefusal(`its ${field} is ${JSON.stringify(value)}`);
    }
  }
  return { penalties, bounds };
}

/** The class and the fields of a rule. */
function ruleOf(value: unknown): { readonly kind: unknown; readonly fields: Fields } {
  const { class_name: kind, config } = asFields(value);
  return { kind, fields: asFields(config) };
}

/** Reads the factors of a regularizer. What its class does not have is 0. */
function penaltyOf(value: unknown): Pick<ParameterPenalty, "l1" | "l2"> {
  const { kind, fields } = ruleOf(value);
  if (kind !== "L1L2" && kind !== "L1" && kind !== "L2") throw new LayerRefusal("");
  return { l1: numberOf(fields, "l1", 0), l2: numberOf(fields, "l2", 0) };
}

/** Reads a constraint. All that bound a norm are forms of the last one. */
function boundOf(
  value: unknown,
  shape: readonly number[],
): Omit<Extract<ParameterBound, { kind: "norm" }>, "parameter"> | { readonly kind: "nonNegative" } {
  const { kind, fields } = ruleOf(value);
  if (kind === "NonNeg") return { kind: "nonNegative" };
  // Norms go over all axes but the last one, so that each output has one of its own.
  const columns = shape.length > 1 ? shape.at(-1)! : 1;
  const axes: unknown = Array.isArray(fields["axis"]) ? fields["axis"] : [fields["axis"] ?? 0];
  const summed = shape.length > 1 ? shape.slice(0, -1) : shape;
  if (JSON.stringify(axes) !== JSON.stringify(summed.map((_, axis) => axis)))
    throw new LayerRefusal("");
  const norm = { kind: "norm", columns } as const;
  switch (kind) {
    case "MaxNorm":
      return { ...norm, low: 0, high: numberOf(fields, "max_value", 2), rate: 1 };
    case "UnitNorm":
      return { ...norm, low: 1, high: 1, rate: 1 };
    case "MinMaxNorm":
      return {
        ...{ ...norm, low: numberOf(fields, "min_value", 0) },
        ...{ high: numberOf(fields, "max_value", 1), rate: numberOf(fields, "rate", 1) },
      };
    default:
      throw new LayerRefusal("");
  }
}
