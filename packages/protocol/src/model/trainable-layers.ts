import { isFields, type Fields } from "./fields.ts";
import type { ModelDescription } from "./tfjs-model.ts";

/**
 * Names the layers that a model file leaves trainable. A layer is frozen when it says `"trainable":
 * false`, and when a model or a wrapper around it does.
 * @returns Layer names as plans have them: the first part of a parameter's name, or everything up to
 *   its last part where only some layers of an inner model are frozen. Undefined when no layer with
 *   parameters is frozen.
 */
export function trainableLayers({
  topology,
  parameters,
}: ModelDescription): readonly string[] | undefined {
  const frozen = new Set<string>();
  collectFrozen(topology, false, frozen);
  const isFrozen = (name: string): boolean => namesOf(name).some((layer) => frozen.has(layer));
  if (!parameters.some(({ name }) => isFrozen(name))) return undefined;
  const mixed = new Set(
    parameters.filter(({ name }) => isFrozen(name)).map(({ name }) => namesOf(name)[0]),
  );
  const trained = parameters.filter(({ name }) => !isFrozen(name));
  return [
    ...new Set(
      trained.map(({ name }) => {
        const layers = namesOf(name);
        return mixed.has(layers[0]) ? layers.join("/") : (layers[0] ?? name);
      }),
    ),
  ];
}

/** The parts of a parameter's name that name layers. */
const namesOf = (parameter: string): readonly string[] => parameter.split("/").slice(0, -1);

/** Adds the names of a frozen layer and of all layers within it to `frozen`. */
function collectFrozen(layer: unknown, within: boolean, frozen: Set<string>): void {
  if (!isFields(layer)) return;
  const config: unknown = layer["config"];
  const fields: Fields = isFields(config) ? config : {};
  const isFrozen = within || fields["trainable"] === false;
  if (isFrozen && typeof fields["name"] === "string") frozen.add(fields["name"]);
  const inner = Array.isArray(config) ? config : fields["layers"];
  if (Array.isArray(inner)) for (const one of inner) collectFrozen(one, isFrozen, frozen);
  collectFrozen(fields["layer"], isFrozen, frozen);
}
