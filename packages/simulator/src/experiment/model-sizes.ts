// The sizes of the builtin model `mlp` that an experiment leaves out: they follow from its data.
import { USUAL_LOSS, labelsOf, lossNames, shapeSize } from "@tributary/protocol";
import type { DataOptions } from "../datasets/data-options.ts";
import type { dataOpener } from "./run-data.ts";
import type { Settings } from "./settings.ts";

/** A task as an experiment file says it, unchecked. */
type StatedTask = Readonly<Record<string, unknown>>;

/** The sizes of examples. */
interface Shapes {
  readonly features: number;
  readonly labels: number;
  readonly classCount: number;
}

/** Finds the sizes of models in data. */
export class ModelSizes {
  readonly #folder: string;
  readonly #open: ReturnType<typeof dataOpener>;
  readonly #shapes = new Map<string, Promise<Shapes>>();

  /**
   * @param folder - In which paths of data begin.
   * @param open - Opens data.
   */
  constructor(folder: string, open: ReturnType<typeof dataOpener>) {
    this.#folder = folder;
    this.#open = open;
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
    const { features, labels, classCount } = await this.#shapesOf(data);
    const loss = lossNames.find((name) => name === (keyOf(plan, "loss") ?? USUAL_LOSS));
    const labelForm = loss && labelsOf(loss);
    const isOverClasses = labelForm === "classes" || labelForm === "classIndices";
    const sizes = {
      inputs: features,
      outputs: isOverClasses && classCount > 0 ? classCount : labels,
    };
    return Object.fromEntries(missing.map((key) => [`model.${key}`, sizes[key]]));
  }

  #shapesOf(data: DataOptions): Promise<Shapes> {
    const key = JSON.stringify(data);
    const shapes = this.#shapes.get(key) ?? this.#measure(data);
    this.#shapes.set(key, shapes);
    return shapes;
  }

  async #measure(data: DataOptions): Promise<Shapes> {
    const opened = await this.#open({ data, folder: this.#folder, task: { examples: null } });
    const { train, classCount } = opened;
    const [features, labels] = [shapeSize(train.featureShape), shapeSize(train.labelShape)];
    return { features, labels, classCount };
  }
}

const keyOf = (section: unknown, key: string): unknown =>
  typeof section === "object" && section !== null ? Reflect.get(section, key) : undefined;
