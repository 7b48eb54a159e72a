// Whether the layers of a graph can be connected. tfjs goes on for ever looking for an input that no
// layer gives.
import { isFields, type Fields } from "./fields.ts";
import { MODELS } from "./models.ts";
import { unsupportedLayer } from "./unsupported-layer.ts";

/** One input of a layer: an output of a call of a layer. */
type Source = readonly [layer: string, call: number];

/** A layer of a graph, and the calls of it that are still to be made. */
interface Open {
  readonly name: string;
  readonly calls: readonly (readonly Source[])[];
  next: number;
}

/**
 * Refuses a model, or one within it, with a layer that gets its input from no layer before it.
 * @param topology - In the form of Keras 2; not modified. It may come from a stranger.
 * @throws TributaryError `MODEL_UNSUPPORTED`; `context.layer` names the layer.
 */
export function requireConnected(topology: object): void {
  const config: unknown = Reflect.get(topology, "config");
  const given: unknown = isFields(config) ? config["layers"] : config;
  const layers = (Array.isArray(given) ? given : []).filter(isFields);
  for (const layer of layers) {
    requireConnected(layer);
    const inner: unknown = isFields(layer["config"]) ? layer["config"]["layer"] : undefined;
    if (isFields(inner)) requireConnected(inner);
  }
  if (!isFields(config) || !("output_layers" in config)) return;
  const made = new Map(layers.map((layer) => [nameOf(layer), firstCalls(layer)]));
  const isMade = ([source, call]: Source): boolean => call < (made.get(source) ?? 0);
  let open = layers.map((layer): Open => ({
    name: nameOf(layer),
    calls: callsOf(layer["inbound_nodes"]),
    next: 0,
  }));
  let before = Infinity;
  while (open.length < before) {
    before = open.length;
    for (const layer of open) {
      while (layer.next < layer.calls.length && layer.calls[layer.next]!.every(isMade)) {
        made.set(layer.name, made.get(layer.name)! + 1);
        layer.next += 1;
      }
    }
    // Files may have their layers from the last one to the first.
    open = open.filter(({ next, calls }) => next < calls.length).reverse();
  }
  const ends = [config["input_layers"], config["output_layers"]].flatMap(sourcesOf);
  const loose = open[0]?.name ?? ends.find((end) => !isMade(end))?.[0];
  if (loose === undefined) return;
  throw unsupportedLayer(
    loose,
    "it is connected to no input of the model",
    "Give a model as `model.save()` or tensorflowjs_converter writes it.",
  );
}

/** How many calls of a layer there are before any of its nodes: one of an input, and of a model. */
const firstCalls = ({ class_name: kind }: Fields): number =>
  kind === "InputLayer" || MODELS.has(kind) ? 1 : 0;

function callsOf(nodes: unknown): readonly (readonly Source[])[] {
  return Array.isArray(nodes) ? nodes.map(sourcesOf) : [];
}

function sourcesOf(sources: unknown): readonly Source[] {
  if (!Array.isArray(sources)) return [];
  return sources
    .filter(Array.isArray)
    .map(([layer, call]: unknown[]) => [String(layer), Number(call)] as const);
}

const nameOf = ({ name, config }: Fields): string =>
  String(name ?? (isFields(config) ? config["name"] : undefined));
