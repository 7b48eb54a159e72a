// The schema of the model section of a task file.
import { z } from "zod";
import { builtinModelNames, fixedModelNames } from "../model/builtin-models.ts";
import { list, oneOf, strictRecord, wholeNumber } from "../schema/strict-schema.ts";
import type { ModelSource } from "./task-definition.ts";

/** The most units of a layer of an `mlp`, and the most layers between its inputs and outputs. */
const MOST_UNITS = 1_048_576;
const MOST_LAYERS = 64;

/** The layers of an `mlp` whose task file names none. */
const USUAL_HIDDEN = [64, 32];

/** What to write instead of a model section that names no model, or two. */
const MODEL_REMEDY = `Give either { builtin: NAME }, one of ${builtinModelNames.join(", ")}, or { path: FILE }.`;

const SIZES_REMEDY = "Give inputs and outputs with the builtin model mlp, and with no other.";

const units = (): z.ZodNumber => wholeNumber(1, MOST_UNITS);

/** The bins of a column with bounds, for `statistics`. */
const USUAL_BINS = 32;
const BINS_REMEDY = "Give bins with the builtin model statistics, and with no other.";

/** The model section of a task file. */
export const modelSchema = strictRecord(
  {
    builtin: oneOf(builtinModelNames)
      .exactOptional()
      .describe("Name of a builtin model. Either this or `path`."),
    path: z
      .string({ error: "Use the path of a model.json." })
      .min(1, { error: "Use the path of a model.json." })
      .exactOptional()
      .describe("The model.json of a tfjs LayersModel, relative to the task file."),
    inputs: units()
      .exactOptional()
      .describe("Of the builtin model `mlp`: the number of values of one example."),
    hidden: list(units(), { min: 0, max: MOST_LAYERS })
      .exactOptional()
      .describe(
        "Of the builtin model `mlp`: the units of each layer between inputs and outputs; none for a linear model. Left out: `[64, 32]`.",
      ),
    outputs: units()
      .exactOptional()
      .describe("Of the builtin model `mlp`: the number of classes, or of values to predict."),
    bins: wholeNumber(2, 1_024)
      .exactOptional()
      .describe(
        "Of the builtin `statistics`: the bins of a column whose scaling is `minMax`, between its bounds. Left out: 32.",
      ),
  },
  MODEL_REMEDY,
)
  .transform(({ builtin, path, inputs, hidden, outputs, bins }, context): ModelSource => {
    const refuse = (message: string): never => {
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    };
    if ((builtin === undefined) === (path === undefined)) return refuse(MODEL_REMEDY);
    if (bins !== undefined && builtin !== "statistics") return refuse(BINS_REMEDY);
    if (builtin === "mlp") {
      if (inputs === undefined || outputs === undefined) return refuse(SIZES_REMEDY);
      return { builtin, inputs, hidden: hidden ?? USUAL_HIDDEN, outputs };
    }
    if (inputs !== undefined || hidden !== undefined || outputs !== undefined) {
      return refuse(SIZES_REMEDY);
    }
    if (builtin === "statistics") return { builtin, bins: bins ?? USUAL_BINS };
    return builtin === undefined ? { path: path ?? "" } : { builtin };
  })
  // A JSON Schema cannot be made from a transformation, so that it is said here once more.
  .meta({
    oneOf: [
      {
        required: ["builtin", "inputs", "outputs"],
        properties: { builtin: { const: "mlp" } },
      },
      {
        required: ["builtin"],
        properties: { builtin: { enum: [...fixedModelNames, "statistics"] } },
      },
      { required: ["path"] },
    ],
  });
