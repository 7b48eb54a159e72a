// The schema of the model section of a task file.
import * as z from "zod";
import { builtinModelNames } from "../model/builtin-models.ts";
import { list, oneOf, strictRecord, wholeNumber } from "../schema/strict-schema.ts";
import type { MlpSource, ModelSource, TransformerSource } from "./task-definition.ts";

/** The most units of a layer of an `mlp`, and the most layers between its inputs and outputs. */
const MOST_UNITS = 1_048_576;
const MOST_LAYERS = 64;

/** The layers of an `mlp` whose task file names none. */
const USUAL_HIDDEN = [64, 32];

/** What to write instead of a model section that names no model, or two. */
const MODEL_REMEDY = `Give either { builtin: NAME }, one of ${builtinModelNames.join(", ")}, or { path: FILE }.`;

const units = (): z.ZodNumber => wholeNumber(1, MOST_UNITS);

/** The bins of a column with bounds, for `statistics`. */
const USUAL_BINS = 32;

/**
 * The sizes of a `char-transformer` that neither its task file nor a data contract names. A token is a
 * byte of UTF-8.
 */
export const USUAL_TEXT_SIZES = { vocabulary: 256, window: 64 } as const;

/** The other sizes of a `char-transformer` whose task file names none. */
const USUAL_LAYERS = { width: 128, blocks: 4, heads: 4 };

/** The keys that belong to one builtin model each. */
const KEYS_OF = {
  mlp: ["inputs", "hidden", "outputs"],
  "char-transformer": ["vocabulary", "window", "width", "blocks", "heads"],
  statistics: ["bins"],
} as const;

/** A size of a `char-transformer`, for the table of keys. */
const layersSize = (meaning: string, key: keyof typeof USUAL_LAYERS): string =>
  `Of the builtin model \`char-transformer\`: ${meaning}. Left out: ${USUAL_LAYERS[key]}.`;

/** A size of a `char-transformer` that a data contract gives. */
const textSize = (meaning: string, key: keyof typeof USUAL_TEXT_SIZES): string =>
  `Of the builtin model \`char-transformer\`: ${meaning}. Left out: what the data contract gives, or ${USUAL_TEXT_SIZES[key]}.`;

/** A model as the section alone says it: some sizes may follow from other sections. */
export type StatedModel =
  | Exclude<ModelSource, MlpSource | TransformerSource>
  | (Pick<MlpSource, "builtin" | "hidden"> & Partial<MlpSource>)
  | (Omit<TransformerSource, SizeOfText> & Partial<Pick<TransformerSource, SizeOfText>>);

type SizeOfText = keyof typeof USUAL_TEXT_SIZES;

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
      .describe(
        "Of the builtin model `mlp`: the number of values of one example. Left out: what the data contract gives.",
      ),
    hidden: list(units(), { min: 0, max: MOST_LAYERS })
      .exactOptional()
      .describe(
        "Of the builtin model `mlp`: the units of each layer between inputs and outputs; none for a linear model. Left out: `[64, 32]`.",
      ),
    outputs: units()
      .exactOptional()
      .describe(
        "Of the builtin model `mlp`: the number of classes, or of values to predict. Left out: what the data contract gives.",
      ),
    vocabulary: wholeNumber(2, MOST_UNITS)
      .exactOptional()
      .describe(textSize("the number of different tokens", "vocabulary")),
    window: wholeNumber(1, 4_096)
      .exactOptional()
      .describe(textSize("the number of tokens of one example", "window")),
    width: wholeNumber(1, 65_536)
      .exactOptional()
      .describe(layersSize("the number of values that stand for a token between layers", "width")),
    blocks: wholeNumber(1, MOST_LAYERS)
      .exactOptional()
      .describe(layersSize("the number of blocks of attention and dense layers", "blocks")),
    heads: wholeNumber(1, 1_024)
      .exactOptional()
      .describe(
        layersSize("the number of heads of each attention, which divides `width`", "heads"),
      ),
    bins: wholeNumber(2, 1_024)
      .exactOptional()
      .describe(
        "Of the builtin `statistics`: the bins of a column whose scaling is `minMax`, between its bounds. Left out: 32.",
      ),
  },
  MODEL_REMEDY,
)
  .transform(({ builtin, path, ...sizes }, context): StatedModel => {
    const refuse = (message: string, ...at: string[]): never => {
      context.addIssue({ code: "custom", message, path: at });
      return z.NEVER;
    };
    if ((builtin === undefined) === (path === undefined)) return refuse(MODEL_REMEDY);
    for (const [owner, keys] of Object.entries(KEYS_OF)) {
      if (owner === builtin || keys.every((key) => sizes[key] === undefined)) continue;
      return refuse(`Give ${sentenceOf(keys)} with the builtin model ${owner}, and with no other.`);
    }
    const { inputs, hidden, outputs, bins, ...given } = sizes;
    if (builtin === "mlp") {
      return {
        ...{ builtin, hidden: hidden ?? USUAL_HIDDEN },
        ...(inputs === undefined ? {} : { inputs }),
        ...(outputs === undefined ? {} : { outputs }),
      };
    }
    if (builtin === "char-transformer") {
      const all = { ...USUAL_LAYERS, ...given };
      if (all.width % all.heads === 0) return { builtin, ...all };
      return refuse(`Use a number that divides the width of ${all.width}.`, "heads");
    }
    if (builtin === "statistics") return { builtin, bins: bins ?? USUAL_BINS };
    return builtin === undefined ? { path: path ?? "" } : { builtin };
  })
  // A JSON Schema cannot be made from a transformation, so that it is said here once more.
  .meta({
    oneOf: [{ required: ["builtin"] }, { required: ["path"] }],
  });

/** Names keys in a sentence. */
function sentenceOf(keys: readonly string[]): string {
  const last = keys.at(-1) ?? "";
  return keys.length < 2 ? last : `${keys.slice(0, -1).join(", ")} and ${last}`;
}
