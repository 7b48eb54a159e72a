import type { Examples } from "@tributary/client-sdk";
import { TributaryError } from "@tributary/protocol";
import type { Dataset } from "./dataset.ts";

/**
 * Checks what a module has made, whose author may not have had types.
 * @param made - What its function returned.
 * @param source - The path of the module.
 * @throws TributaryError `DATA_UNREADABLE` when it is no data set; the message says what is wrong.
 */
export function checkDataset(made: unknown, source: string): Dataset {
  const refuse = (fault: string): never => {
    throw new TributaryError("DATA_UNREADABLE", `The module ${source} ${fault}`, {
      remedy:
        "Return an object with name, train, test and classCount; train and test have features, featureShape, labels, labelShape and count.",
    });
  };
  const isDataset = (value: unknown): value is Dataset =>
    typeof value === "object" && value !== null && "train" in value && "test" in value;
  if (!isDataset(made)) return refuse("returned no data set");
  const { name, classCount } = made;
  if (typeof name !== "string" || !Number.isSafeInteger(classCount) || classCount < 0) {
    return refuse("returned a data set without a name, or without the number of its classes");
  }
  for (const part of ["train", "test"] as const) {
    const fault = examplesFault(made[part]);
    if (fault !== undefined) return refuse(`returned a data set whose ${part} ${fault}`);
  }
  return made;
}

function examplesFault(examples: Examples): string | undefined {
  const { features, featureShape, labels, labelShape, count } = examples;
  if (!Number.isSafeInteger(count) || count < 1) return "has no examples";
  if (!(features instanceof Float32Array)) return "has features that are no Float32Array";
  if (!(labels instanceof Float32Array || labels instanceof Int32Array)) {
    return "has labels that are neither an Int32Array nor a Float32Array";
  }
  if (features.length !== count * sizeOf(featureShape)) {
    return `has ${features.length} feature values for ${count} examples of the shape [${featureShape.join(", ")}]`;
  }
  if (labels.length !== count * sizeOf(labelShape)) {
    return `has ${labels.length} label values for ${count} examples of the shape [${labelShape.join(", ")}]`;
  }
  return undefined;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, one) => size * one, 1);
