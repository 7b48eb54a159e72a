import { labelsOf, type LossName } from "./losses.ts";
import {
  featureWidth,
  levelKey,
  nameKey,
  type DataContract,
  type Feature,
  type Label,
  type TableContract,
} from "./contract/data-contract.ts";
import { scaled } from "./contract/scaling.ts";

/** What is wrong with a part of a contract. */
interface ContractFault {
  /** The keys that lead to the part. */
  readonly path: (string | number)[];
  /** What to do, as one sentence. */
  readonly remedy: string;
}

/**
 * Says what is wrong with a contract whose parts are right one by one: parts that cannot go
 * together, or a label that the loss does not take.
 */
export function contractFault(contract: DataContract, loss: LossName): ContractFault | undefined {
  return contract.type === "text" ? textFault(loss) : tableFault(contract, loss);
}

function textFault(loss: LossName): ContractFault | undefined {
  const labels = labelsOf(loss);
  if (labels === "classes" || labels === "classIndices") return undefined;
  const remedy = `Describe a table in place of text: the loss ${loss} does not tell tokens apart.`;
  return { path: ["type"], remedy };
}

function tableFault({ features, label }: TableContract, loss: LossName): ContractFault | undefined {
  const names = new Set([nameKey(label.name)]);
  for (const [index, feature] of features.entries()) {
    const fault = featureFault(feature, features.length);
    if (fault !== undefined) return { ...fault, path: ["features", index, ...fault.path] };
    const twice =
      feature.type === "image"
        ? isColumnOf(feature, label.name)
        : names.size === names.add(nameKey(feature.name)).size;
    if (twice) {
      const column = feature.type === "image" ? label.name : feature.name;
      const remedy = `Name the column ${column} once, as a feature or as the label.`;
      return { path: ["features", index, "name"], remedy };
    }
  }
  const fault = labelFault(label, loss);
  return fault === undefined ? undefined : { ...fault, path: ["label", ...fault.path] };
}

const MEDIAN_REMEDY =
  "Give the feature bounds, with `scaling: { method: minMax, minimum: …, maximum: … }`: a median is found in bins between them. Or use mean.";

/** The most values of an image. */
const MOST_VALUES = 16_777_216;

/** Whether a table has a value of an image in the column of this name. */
function isColumnOf(image: Feature, column: string): boolean {
  const number = column.startsWith(image.name) ? column.slice(image.name.length) : "";
  return /^(?:0|[1-9]\d*)$/.test(number) && Number(number) < featureWidth(image);
}

function featureFault(feature: Feature, count: number): ContractFault | undefined {
  switch (feature.type) {
    case "numeric": {
      const { scaling, whenMissing } = feature;
      if (whenMissing === "median" && scaling.method !== "minMax") {
        return { path: ["whenMissing"], remedy: MEDIAN_REMEDY };
      }
      if (typeof whenMissing === "string") return undefined;
      if (Number.isFinite(Math.fround(scaled(whenMissing.fill, scaling)))) return undefined;
      return { path: ["whenMissing", "fill"], remedy: "Fill in a number that can be scaled." };
    }
    case "image":
      if (count > 1) return { path: ["type"], remedy: "Let an image be the only feature." };
      return featureWidth(feature) <= MOST_VALUES
        ? undefined
        : { path: ["shape"], remedy: `Use a shape of up to ${MOST_VALUES} values.` };
    case "categorical": {
      const { levels, whenMissing } = feature;
      const twice = repeated(levels);
      if (twice !== undefined) return { path: ["levels"], remedy: once(twice) };
      if (typeof whenMissing === "string") return undefined;
      const filled = levelKey(whenMissing.fill);
      if (levels.some((level) => levelKey(level) === filled)) return undefined;
      return { path: ["whenMissing", "fill"], remedy: "Fill in one of the levels." };
    }
  }
}

function labelFault({ classes }: Label, loss: LossName): ContractFault | undefined {
  const labels = labelsOf(loss);
  if (classes === undefined) {
    if (labels !== "classes" && labels !== "classIndices") return undefined;
    return { path: ["classes"], remedy: `Name the classes, which the loss ${loss} needs.` };
  }
  const twice = repeated(classes);
  if (twice !== undefined) return { path: ["classes"], remedy: once(twice) };
  if (labels === "numbers") {
    const remedy = `Give a scaling in place of classes: the loss ${loss} is for numbers.`;
    return { path: ["classes"], remedy };
  }
  if (labels !== "probabilities" || classes.length === 2) return undefined;
  return { path: ["classes"], remedy: `Name two classes, no and yes, for the loss ${loss}.` };
}

/** A text that means the same as one before it. */
function repeated(words: readonly string[]): string | undefined {
  const keys = new Set<string>();
  return words.find((word) => keys.size === keys.add(levelKey(word)).size);
}

const once = (word: string): string => `Name ${word} once: 1 and 1.0, for example, are the same.`;
