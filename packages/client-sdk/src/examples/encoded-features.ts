import {
  TributaryError,
  featureWidth,
  type TableContract,
  type Feature,
} from "@tributary/protocol";
import type { Examples } from "./examples.ts";

/** Why the values of a feature cannot be what a contract makes of it, as a clause. */
type Check = (values: Float32Array, at: number) => string | undefined;

/**
 * Refuses features that cannot be what the contract makes of a column: levels that are encoded in
 * another way or stand in another place, and images that are not scaled. An app that gives numbers
 * in place of a table has encoded them by itself.
 * @param examples - With the contract's number of values.
 * @throws TributaryError `EXAMPLES_INVALID`; the message names the feature and a value.
 */
export function requireEncoded(
  { features, count }: Pick<Examples, "features" | "count">,
  contract: TableContract,
): void {
  const width = contract.features.reduce((sum, feature) => sum + featureWidth(feature), 0);
  let offset = 0;
  for (const feature of contract.features) {
    const check = checkOf(feature);
    for (let example = 0; example < count; example++) {
      const fault = check?.(features, example * width + offset);
      if (fault === undefined) continue;
      throw new TributaryError("EXAMPLES_INVALID", `Example ${example} has ${fault}`, {
        remedy: "Encode the features as the task's data contract says, or give a table.",
        context: { index: example, column: feature.name },
      });
    }
    offset += featureWidth(feature);
  }
}

function checkOf(feature: Feature): Check | undefined {
  switch (feature.type) {
    case "numeric":
      return undefined;
    case "categorical": {
      const { name, levels, encoding } = feature;
      return encoding === "index" ? indexCheck(name, levels.length) : oneHotCheck(name, levels);
    }
    case "image":
      // Values that are scaled so go from 0 to 1, and a little beyond it where images are changed.
      return feature.scaling.method === "minMax"
        ? rangeCheck(feature.name, featureWidth(feature))
        : undefined;
  }
}

function indexCheck(name: string, levels: number): Check {
  return (values, at) => {
    const index = values[at]!;
    if (Number.isInteger(index) && index >= 0 && index < levels) return undefined;
    return `the value ${index} for ${name}, where the contract gives an index from 0 to ${levels - 1}`;
  };
}

function oneHotCheck(name: string, levels: readonly string[]): Check {
  return (values, at) => {
    let ones = 0;
    for (let i = at; i < at + levels.length; i++) {
      if (values[i] === 1) ones += 1;
      else if (values[i] !== 0) {
        return `the value ${values[i]} for ${name} ${levels[i - at]}, where the contract gives 0 or 1`;
      }
    }
    return ones === 1
      ? undefined
      : `${ones} of the levels of ${name}, where the contract gives one`;
  };
}

function rangeCheck(name: string, size: number): Check {
  return (values, at) => {
    for (let i = at; i < at + size; i++) {
      const value = values[i]!;
      if (value < -1 || value > 2) {
        return `the value ${value} in ${name}, which the contract scales to values from 0 to 1`;
      }
    }
    return undefined;
  };
}
