import { layoutOf } from "./parameter-layout.ts";
import type { ModelDescription } from "./tfjs-model.ts";
import { isFields, type Fields } from "./topology/fields.ts";
import { layerNames } from "./trainable-ranges.ts";

/**
 * Names the layers that a model file leaves trainable. A layer is frozen when it says `"trainable":
 * false`, and when a model or a wrapper around it does.
 * @returns The names of the other layers that have parameters; undefined when none of those is
 *   frozen.
 */
export function trainableLayers({
  topology,
  parameters,
}: ModelDescription): readonly string[] | undefined {
  const frozen = new Set<string>();
  collectFrozen(topology, false, frozen);
  const layers = layerNames(layoutOf(parameters));
  const trainable = layers.filter((layer) => !frozen.has(layer));
  return trainable.length === layers.length ? undefined : trainable;
}

/** Adds the names of a frozen layer and of all layers within it to `frozen`. */
function collectFrozen(layer: unknown, within: boolean, frozen: Set<string>): void {
  if (!isFields(layer)) return;
  const config: unknown = layer["config"];
  const fields: Fields = isFields(config) ? config : {};
  const isFrozen = within || fields["trainable"] === false || isWrapperOfFrozen(fields);
  if (isFrozen && typeof fields["name"] === "string") frozen.add(fields["name"]);
  const inner = Array.isArray(config) ? config : fields["layers"];
  if (Array.isArray(inner)) for (const one of inner) collectFrozen(one, isFrozen, frozen);
}

/** Whether a wrapper, whose parameters have its own name, contains a frozen layer. */
function isWrapperOfFrozen({ layer }: Fields): boolean {
  const config: unknown = isFields(layer) ? layer["config"] : undefined;
  return isFields(config) && config["trainable"] === false;
}
