/**
 * What the labels of a loss are.
 * - `classes`: for each row of the output the index of its class, or the probabilities of all
 *   classes.
 * - `classIndices`: for each row of the output the index of its class.
 * - `probabilities`: for each output the probability of a yes, from 0 to 1.
 * - `numbers`: for each output any finite number.
 */
export type LabelKind = "classes" | "classIndices" | "probabilities" | "numbers";

/** What both sides know about a loss. How it is computed is up to the engines. */
interface LossDefinition {
  /** One sentence for people. */
  readonly meaning: string;
  readonly labels: LabelKind;
}

/** The table of loss functions, by their tfjs names: the one place that lists them. */
export const LOSSES = {
  categoricalCrossentropy: {
    meaning: "Cross-entropy over classes that exclude each other.",
    labels: "classes",
  },
  sparseCategoricalCrossentropy: {
    meaning: "The same, for labels that are class indices.",
    labels: "classIndices",
  },
  binaryCrossentropy: {
    meaning: "Cross-entropy of outputs each of which answers a question with yes or no.",
    labels: "probabilities",
  },
  meanSquaredError: {
    meaning: "Mean of the squared differences.",
    labels: "numbers",
  },
  meanAbsoluteError: {
    meaning: "Mean of the absolute differences.",
    labels: "numbers",
  },
  huberLoss: {
    meaning: "Squared differences up to 1, absolute ones beyond.",
    labels: "numbers",
  },
} as const satisfies Readonly<Record<string, LossDefinition>>;

/** The name of a loss function. */
export type LossName = keyof typeof LOSSES;

/** The names of all loss functions. */
export const lossNames = Object.keys(LOSSES) as readonly LossName[];

/** The loss of a task that names none, and whose model names none either. */
export const USUAL_LOSS = "categoricalCrossentropy" satisfies LossName;

/** What a plan's loss takes as labels. */
export function labelsOf(loss: LossName): LabelKind {
  return LOSSES[loss].labels;
}
