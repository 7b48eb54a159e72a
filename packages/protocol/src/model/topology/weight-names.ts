import { isFields, type Fields } from "./fields.ts";

/**
 * The names of weights. Keras 3 begins them with the names of the models that a layer is in, and
 * tfjs with that of the layer.
 */
export class WeightNames {
  readonly #models = new Set<string>();
  /** The kinds of layers whose weights have names of their own in Keras 3, by the layers' names. */
  readonly #kinds = new Map<string, string>();

  /** The names of cells over each other, by the name of their layer. */
  readonly #cells = new Map<string, readonly string[]>();

  /** Adds the name of a model: the whole, or one that is a layer of another. */
  addModel(name: unknown): void {
    if (typeof name === "string") this.#models.add(name);
  }

  /** @param config - As Keras writes it. */
  addLayer(kind: string, name: string, config: Fields): void {
    this.#kinds.set(name, kind);
    const cell: unknown = config["cell"];
    const settings: unknown = isFields(cell) ? cell["config"] : undefined;
    const cells: unknown = isFields(settings) ? settings["cells"] : undefined;
    if (Array.isArray(cells)) this.#cells.set(name, cells.map(nameIn));
  }

  /** @param name - As the file has it. */
  imported(name: string): string {
    const parts = name.split("/");
    // A layer and its weight are left at least.
    while (parts.length > 2 && this.#isModel(parts[0]!, parts[1]!)) parts.shift();
    const kind = this.#kinds.get(parts[0]!);
    if (kind === "DepthwiseConv2D" && parts.at(-1) === "kernel") {
      parts.splice(-1, 1, "depthwise_kernel");
    }
    if (kind === "Normalization") parts.splice(-1, 1, `moving_${parts.at(-1)}`);
    // tfjs names what is within by the wrapper alone.
    if (kind === "TimeDistributed" && parts.length === 3) parts.splice(1, 1);
    // tfjs numbers cells over each other. Keras 3 names them, within the name of their stack.
    const cell = this.#cells.get(parts[0]!)?.indexOf(parts[2] ?? "") ?? -1;
    if (cell >= 0 && parts.length === 4) parts.splice(1, 2, `RNNCell_${cell}`);
    return parts.join("/");
  }

  /** Whether a part of a name is that of a model. A layer may have the name of the model it is in. */
  #isModel(part: string, next: string): boolean {
    if (!this.#models.has(part)) return false;
    return !this.#kinds.has(part) || this.#kinds.has(next) || this.#models.has(next);
  }
}

function nameIn(layer: unknown): string {
  const config: unknown = isFields(layer) ? layer["config"] : undefined;
  return isFields(config) ? String(config["name"]) : "";
}
