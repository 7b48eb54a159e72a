import { TributaryError, shapeSize } from "@tributary/protocol";
import type { Examples } from "../examples.ts";

/** What all examples of a store have in common. */
export interface ExampleForm {
  /** The shape of one example's features. */
  readonly featureShape: readonly number[];
  /** The shape of one label: `[]` for a class index or a single value. */
  readonly labelShape: readonly number[];
  /** Whether labels are whole numbers, `Int32Array`, or numbers, `Float32Array`. */
  readonly labelType: "int32" | "float32";
  /**
   * How many classes labels tell apart: labels are class indices below it or, with a label shape of
   * so many values, the probabilities of the classes.
   */
  readonly classes?: number;
  /** As in `Examples`. */
  readonly classNames?: readonly string[];
}

/** What an app says of the form of its examples before there are any. */
export type DeclaredForm = Partial<Omit<ExampleForm, "labelType">>;

/** The number of values of one example's features, and of its label. */
export const featureSizeOf = ({ featureShape }: ExampleForm): number => shapeSize(featureShape);
export const labelSizeOf = ({ labelShape }: ExampleForm): number => shapeSize(labelShape);

/**
 * The form of a store that has none yet: that of the examples, and what the app declares of it.
 * @throws TributaryError `EXAMPLES_INVALID` when the two differ.
 */
export function formOf(examples: Examples, declared: DeclaredForm): ExampleForm {
  const { featureShape, labelShape, labels } = examples;
  requireSameForm(examples, declared);
  const { classes } = declared;
  const classNames = declared.classNames ?? examples.classNames;
  return {
    featureShape,
    labelShape,
    labelType: labels instanceof Int32Array ? "int32" : "float32",
    ...(classes === undefined ? {} : { classes }),
    ...(classNames === undefined ? {} : { classNames }),
  };
}

/**
 * Holds examples, or the declaration of an app, to the form of a store.
 * @throws TributaryError `EXAMPLES_INVALID`; the message names both forms.
 */
export function requireSameForm(given: DeclaredForm, form: DeclaredForm): void {
  for (const [name, what] of [
    ["featureShape", "features have the shape"],
    ["labelShape", "labels have the shape"],
    ["classes", "number of classes is"],
    ["classNames", "classes are"],
  ] as const) {
    const [is, wanted] = [given[name], form[name]];
    if (is === undefined || wanted === undefined || String(is) === String(wanted)) continue;
    throw new TributaryError(
      "EXAMPLES_INVALID",
      `The examples' ${what} [${String(is)}], and the store's is [${String(wanted)}]`,
      { remedy: "Give examples of the store's form, or open a store of another name for them." },
    );
  }
}
