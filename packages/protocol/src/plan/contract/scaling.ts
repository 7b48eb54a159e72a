import { numbers, positiveNumbers, type Variant } from "../../schema/parameter.ts";

/** How a number of a column becomes a number that the model takes. */
export type Scaling =
  | { readonly method: "none" }
  | { readonly method: "standard"; readonly mean: number; readonly deviation: number }
  | { readonly method: "minMax"; readonly minimum: number; readonly maximum: number };

/** The largest deviation of a column. The squares of larger ones could not be counted in float32. */
export const LARGEST_DEVIATION = 1e19;

/** One way to scale a column. */
type ScalingMethod<Method extends Scaling["method"]> = Variant<
  Extract<Scaling, { method: Method }>,
  "method"
>;

const none: ScalingMethod<"none"> = {
  name: "none",
  meaning: "The number itself.",
  parameters: {},
};

const standard: ScalingMethod<"standard"> = {
  name: "standard",
  meaning: "(x − `mean`) / `deviation`.",
  parameters: {
    mean: { values: numbers, meaning: "What becomes 0: usually the mean over all clients." },
    deviation: {
      values: positiveNumbers(LARGEST_DEVIATION),
      meaning: "What becomes a distance of 1: usually the standard deviation over all clients.",
    },
  },
};

const minMax: ScalingMethod<"minMax"> = {
  name: "minMax",
  meaning: "(x − `minimum`) / (`maximum` − `minimum`). Numbers outside are not cut off.",
  parameters: {
    minimum: { values: numbers, meaning: "What becomes 0." },
    maximum: { values: numbers, meaning: "What becomes 1; above `minimum`." },
  },
  fault: ({ minimum, maximum }) => {
    if (!(maximum > minimum)) return { key: "maximum", remedy: "Use a number above minimum." };
    return Number.isFinite(maximum - minimum)
      ? undefined
      : { key: "maximum", remedy: "Use a number nearer to minimum." };
  },
};

/** The table of scalings: the one place that lists them. */
export const SCALINGS = [none, standard, minMax] as const;

/** The scaled number. */
export function scaled(value: number, scaling: Scaling): number {
  switch (scaling.method) {
    case "none":
      return value;
    case "standard":
      return (value - scaling.mean) / scaling.deviation;
    case "minMax":
      return (value - scaling.minimum) / (scaling.maximum - scaling.minimum);
  }
}
