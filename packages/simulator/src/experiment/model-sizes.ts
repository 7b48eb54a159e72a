// The sizes of the builtin model `mlp` that an experiment leaves out: they follow from its data.
import { USUAL_LOSS, labelsOf, lossNames, shapeSize } from "@tributary/protocol";
import type { DataOptions } from "../datasets/data-options.ts";
import type { Dataset } from "../datasets/dataset.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import type { Settings } from "./settings.ts";

/** A task as an experiment file says it, unchecked. */
type StatedTask = Readonly<Record<string, unknown>>;

/** Finds the sizes of models in data, which it opens once. */
export class ModelSizes {
  readonly #folder: string;
  readonly #opened = new Map<string, Promise<Dataset>>();

  /** @param folder - In which paths of data begin. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The sizes that a task leaves out, by the path of their key. There are none if its model has no
   * such sizes, or a data contract gives them.
   * @throws TributaryError as `openDataset`.
   */
  async of(task: StatedTask, data: DataOptions): Promise<Settings> {
    const { model, plan, examples } = task;
    if (keyOf(model, "builtin") !== "mlp" || (examples ?? null) !== null) return {};
    const missing = (["inputs", "outputs"] as const).filter((key) => !keyOf(model, key));
    if (missing.length === 0) return {};
    const { train, classCount } = await this.#open(data);
    const loss = lossNames.find((name) => name === (keyOf(plan, "loss") ?? USUAL_LOSS));
    const labels = loss && labelsOf(loss);
    const isOverClasses = labels === "classes" || labels === "classIndices";
    const sizes = {
      inputs: shapeSize(train.featureShape),
      outputs: isOverClasses && classCount > 0 ? classCount : shapeSize(train.labelShape),
    };
    return Object.fromEntries(missing.map((key) => [`model.${key}`, sizes[key]]));
  }

  #open(data: DataOptions): Promise<Dataset> {
    const key = JSON.stringify(data);
    const opened = this.#opened.get(key) ?? openDataset(data, { folder: this.#folder });
    this.#opened.set(key, opened);
    return opened;
  }
}

const keyOf = (section: unknown, key: string): unknown =>
  typeof section === "object" && section !== null ? Reflect.get(section, key) : undefined;
