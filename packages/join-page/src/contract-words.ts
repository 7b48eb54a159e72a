import { featureShapeOf, type DataContract, type Feature } from "@tributary/protocol";

/** What a task asks for, for people to read. */
export interface Needs {
  readonly sentence: string;
  /** The columns or classes, one phrase each. */
  readonly items: readonly string[];
}

/** Says in plain words what examples a data contract asks for. */
export function needsOf(contract: DataContract | undefined): Needs {
  if (contract === undefined) {
    return { sentence: "This task does not say what its data looks like.", items: [] };
  }
  if (contract.type === "text") {
    return {
      sentence: `A text file, such as a .txt, of more than ${contract.window} characters.`,
      items: [],
    };
  }
  const { features, label } = contract;
  if (features[0]?.type === "image") {
    const [height, width] = featureShapeOf(contract);
    const named = "each in a folder that is named after what it shows";
    return {
      sentence: `Pictures, ${named}, or a table of pixels. They are scaled to ${width} × ${height}.`,
      items: label.classes ?? [],
    };
  }
  return {
    sentence: "A table, such as a .csv, with a first line that names these columns:",
    items: [
      ...features.map(phraseOf),
      label.classes === undefined
        ? `${label.name}: the number to predict`
        : `${label.name}: ${label.classes.join(", ")}`,
    ],
  };
}

const phraseOf = (feature: Feature): string =>
  feature.type === "categorical"
    ? `${feature.name}: ${feature.levels.join(", ")}`
    : `${feature.name}: number`;
