// How layers of a functional model are connected. Keras 3 writes the arguments of each call, with an
// object for each tensor; Keras 2 and tfjs write lists of `[layer, call, output, keywords]`.
import { isFields, type Fields } from "./fields.ts";
import { unsupportedLayer } from "./unsupported-layer.ts";

/** One input of a layer: which output of which call of which layer. */
type Source = readonly [layer: string, call: number, output: number, keywords: object];

/**
 * Rewrites the calls of a layer in the form of Keras 2.
 * @param nodes - What a topology has as `inbound_nodes`; returned as it is when it has that form.
 * @param models - The names of the layers that are models. Keras 2 counts the making of such a model
 *   as its first call.
 * @throws TributaryError `MODEL_UNSUPPORTED` when a call has a constant among its inputs.
 */
export function keras2Nodes(layer: string, nodes: unknown, models: ReadonlySet<string>): unknown {
  if (!Array.isArray(nodes)) return nodes;
  return nodes.map((node: unknown) => {
    if (!isFields(node)) return node;
    if (constantIn(node["args"])) {
      throw unsupportedLayer(layer, "it takes a constant beside its inputs", REMEDY);
    }
    return [node["args"], ...Object.values(keywordsOf(node))]
      .flatMap(sourcesIn)
      .map(([source, call, ...rest]) => [source, models.has(source) ? call + 1 : call, ...rest]);
  });
}

/**
 * Leaves out inputs of attention that are the ones before them: a key that is the value, and a value
 * that is the query. tfjs 4.22 would free a tensor too early that a layer has twice as an input.
 * @param nodes - From `keras2Nodes`.
 */
export function withoutRepeatedInputs(nodes: unknown): unknown {
  if (!Array.isArray(nodes)) return nodes;
  return nodes.map((sources: unknown) => {
    if (!Array.isArray(sources)) return sources;
    const last = sources.findLastIndex((source, i) => String(source) !== String(sources[i - 1]));
    return sources.slice(0, last + 1) as unknown[];
  });
}

/** The arguments with keywords of a call that Keras 3 has written. */
export function keywordsOf(node: unknown): Fields {
  const keywords: unknown = isFields(node) ? node["kwargs"] : undefined;
  return isFields(keywords) ? keywords : {};
}

const REMEDY = "Use a layer that has the constant in its configuration, such as Rescaling.";

/** The tensors of an argument, which may be lists of tensors. */
function sourcesIn(argument: unknown): readonly Source[] {
  if (Array.isArray(argument)) return argument.flatMap(sourcesIn);
  if (!isTensor(argument)) return [];
  const config: unknown = argument["config"];
  const history: unknown = isFields(config) ? config["keras_history"] : undefined;
  const [layer, call, output] = (Array.isArray(history) ? history : []) as unknown[];
  return [[String(layer), Number(call), Number(output), {}]];
}

/** Whether an argument without a keyword is or has a number. */
function constantIn(argument: unknown): boolean {
  if (Array.isArray(argument)) return argument.some(constantIn);
  return typeof argument === "number";
}

const isTensor = (value: unknown): value is Fields =>
  isFields(value) && value["class_name"] === "__keras_tensor__";

/**
 * Rewrites the inputs or outputs of a model as a list. Keras 3 writes a single one by itself, and
 * those that have names as an object.
 * @param ends - What a topology has as `input_layers` or `output_layers`.
 */
export function keras2Ends(ends: unknown): unknown {
  if (isFields(ends)) return Object.values(ends);
  return Array.isArray(ends) && typeof ends[0] === "string" ? [ends] : ends;
}
