import { layoutOf } from "./parameter-layout.ts";
import type { ModelDescription } from "./tfjs-model.ts";
import { isFields, type Fields } from "./topology/fields.ts";

/** A layer of a model. The layers of inner models stand for those models. */
export interface ModelLayer {
  readonly name: string;
  /** The class of the layer, such as `Dense`. */
  readonly kind: string;
  readonly config: Fields;
  /** The names of its parameters, and how many values they have together. */
  readonly parameters: readonly string[];
  readonly size: number;
}

/** Lists the layers of a model in the order of its topology. */
export function modelLayers({ topology, parameters }: ModelDescription): readonly ModelLayer[] {
  const placed = layoutOf(parameters).parameters;
  return leavesOf(topology).map(({ name, kind, config }) => {
    const own = placed.filter((parameter) => parameter.name.startsWith(`${name}/`));
    return {
      ...{ name, kind, config, parameters: own.map((parameter) => parameter.name) },
      size: own.reduce((sum, { size }) => sum + size, 0),
    };
  });
}

type Leaf = Pick<ModelLayer, "name" | "kind" | "config">;

/** A layer that is no model itself, or the layers of a model, which another layer may apply. */
function leavesOf(layer: unknown): readonly Leaf[] {
  if (!isFields(layer)) return [];
  const kind = String(layer["class_name"]);
  const config: unknown = layer["config"];
  const inner = Array.isArray(config) ? config : isFields(config) ? config["layers"] : undefined;
  if (Array.isArray(inner)) return inner.flatMap(leavesOf);
  const fields: Fields = isFields(config) ? config : {};
  const applied = isFields(fields["layer"]) ? fields["layer"] : {};
  if (isFields(applied["config"]) && Array.isArray(applied["config"]["layers"])) {
    return leavesOf(applied);
  }
  return [{ name: String(fields["name"] ?? layer["name"]), kind, config: fields }];
}
