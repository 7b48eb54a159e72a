// The schema of a data contract, in plans and in task files. `contractFault` has the rules that
// concern several keys.
import * as z from "zod";
import { list, oneOf, strictRecord, text, wholeNumber } from "../../schema/strict-schema.ts";
import { variantSchema } from "../../schema/variant-schema.ts";
import type { DataContract, Feature, Label, WhenMissing } from "./data-contract.ts";
import { SCALINGS, type Scaling } from "./scaling.ts";
import { TOKENIZERS, type TokenizerSpec } from "./text-contract.ts";

/** The most features, levels or classes; a plan has a limit of its own for all of them together. */
const MOST = 16_384;

/** What stands for a missing value unless a task file says otherwise. */
const USUAL_MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "?"];

const WORD_REMEDY = "Use text of up to 256 characters or a number; quote words such as true.";

/** A text as cells have it, and one that is not blank, as cells without a value are. */
const cellText = z.string().max(256, WORD_REMEDY);
const visibleText = cellText.regex(/\S/, WORD_REMEDY);

/** YAML reads some texts as numbers, which mean the same text here. */
const word = (text: z.ZodString): z.ZodType<string, string | number> =>
  z.union([text, z.number()], { error: WORD_REMEDY }).transform(String);

const words = (least: number): z.ZodType<string[], (string | number)[]> =>
  list(word(visibleText), { min: least, max: MOST });

const columnName = (): z.ZodString => text(256);

const scaling: z.ZodType<Scaling, { readonly method: Scaling["method"] }> = variantSchema(
  "method",
  SCALINGS,
  "task",
);

const scalingOrNone = scaling.prefault({ method: "none" }).describe("How its numbers are scaled.");

/**
 * What to do about a missing value, which may be to fill in one of these values, or one that the
 * statistics of all clients give.
 */
const whenMissing = <Value, Wanted extends string>(
  value: z.ZodType<Value>,
  wanted: z.ZodType<Wanted>,
  words: string,
): z.ZodType<WhenMissing<Value, Wanted>> =>
  z
    .union(
      [
        oneOf(["refuse", "drop"]),
        wanted,
        strictRecord({ fill: value.describe("What is filled in.") }),
      ],
      {
        error: `Use refuse, drop or { fill: VALUE }; or ${words}, for \`task statistics\` to find.`,
      },
    )
    .prefault("refuse")
    .describe(
      `What is done about a missing value: \`refuse\` the table, \`drop\` the row, or \`{ fill: VALUE }\`, which is scaled like the others. \`tributary task statistics\` finds the value for ${words}.`,
    );

const numericFeature = strictRecord({
  type: z.literal("numeric").describe("A column of numbers."),
  name: columnName().describe("The name of the column."),
  scaling: scalingOrNone,
  whenMissing: whenMissing(
    z.number({ error: "Use a number." }),
    oneOf(["mean", "median"]),
    "mean or median",
  ),
});

const categoricalFeature = strictRecord({
  type: z.literal("categorical").describe("A column with one of a few texts."),
  name: columnName().describe("The name of the column."),
  levels: words(1).describe("All texts that may occur, in the order of their values."),
  encoding: oneOf(["oneHot", "index"])
    .default("oneHot")
    .describe(
      "`oneHot` gives a value for each level, 1 or 0; `index` gives one value, the level's index, for models that begin with an embedding.",
    ),
  whenMissing: whenMissing(word(visibleText), oneOf(["mostFrequent"]), "mostFrequent"),
});

const imageFeature = strictRecord({
  type: z.literal("image").describe("The values of an image, which is then the only feature."),
  name: columnName().describe(
    "What the names of its columns begin with: those of `pixel` are `pixel0`, `pixel1` and so on.",
  ),
  shape: list(wholeNumber(1, 65_536), { min: 1, max: 8 }).describe(
    "Its shape, such as `[28, 28, 1]`.",
  ),
  scaling: scalingOrNone,
});

const featureSchema: z.ZodType<Feature> = z.discriminatedUnion(
  "type",
  [numericFeature, categoricalFeature, imageFeature],
  { error: "Use one of numeric, categorical, image." },
);

const LABEL_REMEDY = "Give the label either classes or a scaling.";

const labelSchema: z.ZodType<Label> = strictRecord({
  name: columnName().describe("The name of the column to predict."),
  classes: words(2)
    .exactOptional()
    .describe("The names of all classes, in the order of their indices. Either this or `scaling`."),
  scaling: scaling
    .exactOptional()
    .describe("How a number to predict is scaled; `{ method: none }` if it is not."),
  whenMissing: oneOf(["refuse", "drop"])
    .default("refuse")
    .describe("What is done about a missing label: `refuse` the table or `drop` the row."),
})
  .refine(({ classes, scaling }) => (classes === undefined) !== (scaling === undefined), {
    error: LABEL_REMEDY,
  })
  .meta({ oneOf: [{ required: ["classes"] }, { required: ["scaling"] }] });

const tableContract = strictRecord({
  type: z
    .literal("table")
    .exactOptional()
    .describe("A contract about the columns of tables, which it is without this key too."),
  features: list(featureSchema, { min: 1, max: MOST }).describe(
    "The features, in the order in which the model takes their values.",
  ),
  label: labelSchema.describe("The column to predict."),
  missing: list(word(cellText), { min: 0, max: 64 })
    .prefault(USUAL_MISSING)
    .describe("The texts that stand for a missing value, unless they are a level or a class."),
  otherColumns: oneOf(["refuse", "ignore"])
    .default("refuse")
    .describe("What is done about a table that has more columns than these."),
});

const tokenizer: z.ZodType<TokenizerSpec, { readonly name: TokenizerSpec["name"] }> = variantSchema(
  "name",
  TOKENIZERS,
  "task",
);

const textContract = strictRecord({
  type: z.literal("text").describe("A contract about text, of which windows become examples."),
  tokenizer: tokenizer.prefault({ name: "bytes" }).describe("How text becomes tokens."),
  window: wholeNumber(1, 4_096)
    .default(64)
    .describe("The number of tokens of one example: as many as the model takes."),
});

/** The section `examples` of a plan or a task file. */
export const contractSchema: z.ZodType<DataContract> = z.discriminatedUnion(
  "type",
  [tableContract, textContract],
  { error: "Give a section with features and a label, or one of the type text." },
);
