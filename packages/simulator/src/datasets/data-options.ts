import * as z from "zod";
import { flag, list, oneOf, strictRecord, text, wholeNumber } from "@tributary/protocol/schemas";
import type { PublishedName } from "./published.ts";
import { USUAL_READING } from "./load-text.ts";

const path = text(4_096);
const window = wholeNumber(1, 1_000_000);
const seed = wholeNumber(0, 2 ** 32 - 1)
  .default(1)
  .describe("What the data is drawn from. Runs with other seeds train on the same data.");
const notNegative = z
  .number({ error: "Use a number of at least 0." })
  .min(0, { error: "Use a number of at least 0." });
const columnName = z.union([text(1_000), z.int()], {
  error: "Use the name of a column, or its number counted from 0; −1 is the last one.",
});
const columns = list(columnName, { min: 1, max: 100_000 });
const names = list(text(1_000), { min: 1, max: 100_000 });

const HELD_OUT_REMEDY = "Use a share from 0.001 to 0.9.";

/** The options of a published data set. */
const published = <const Name extends PublishedName>(name: Name, meaning: string) =>
  strictRecord({
    name: z.literal(name).describe(`${meaning} \`tributary data fetch ${name}\` downloads it.`),
    path: path
      .exactOptional()
      .describe(
        `The folder with its files. Left out: \`./data/${name}\`, or \`${name}\` in the folder that TRIBUTARY_DATA names.`,
      ),
  });

const shakespeare = published(
  "shakespeare",
  "Plays, whose roles are the clients, the largest first. Windows of bytes are the examples.",
);

const writers = strictRecord({
  name: z
    .literal("writers")
    .describe(
      "Digits that look handwritten, in the form of MNIST, which are drawn and not downloaded. Each writer is a client.",
    ),
  writers: wholeNumber(1, 1_000_000).default(100).describe("The number of writers who train."),
  examplesPerWriter: z
    .union(
      [wholeNumber(1, 1_000_000), z.tuple([wholeNumber(1, 1_000_000), wholeNumber(1, 1_000_000)])],
      { error: "Use a whole number of at least 1, or a list of the least and the most." },
    )
    .default([200, 400])
    .describe("How many digits each of them writes: a number, or the least and the most."),
  heldOutWriters: wholeNumber(1, 1_000_000)
    .default(50)
    .describe("The number of writers on whose digits models are measured; none of them trains."),
  examplesPerHeldOutWriter: wholeNumber(1, 1_000_000)
    .default(40)
    .describe("How many digits each of these writes."),
  seed,
});

const synthetic = strictRecord({
  name: z
    .literal("synthetic")
    .describe(
      "synthetic(α, β) of the FedProx paper: 60 features and 10 classes, with a linear model and a distribution of features for each client.",
    ),
  alpha: notNegative.default(1).describe("How much the clients' models differ."),
  beta: notNegative.default(1).describe("How much the clients' features differ."),
  iid: flag()
    .default(false)
    .describe("With `true` all clients have one model and one distribution of features."),
  clients: wholeNumber(1, 10_000_000).default(30).describe("The number of clients."),
  examplesPerClient: wholeNumber(2, 1_000_000)
    .exactOptional()
    .describe("How many examples each client has. Left out: drawn log-normally, at least 50."),
  seed,
});

const files = strictRecord({
  name: z.literal("files").exactOptional().describe("Files of your own. The name may be left out."),
  path: path.describe(
    "A table, a text, or a folder with tables, images or a published data set. `*` and `?` in the last part stand for several tables.",
  ),
  client: text(1_000)
    .exactOptional()
    .describe(
      "Of tables, the column whose values are the clients, such as a hospital; it is no feature. Left out: of several tables each is a client, which is also what `file` says.",
    ),
  label: columnName
    .exactOptional()
    .describe("Of tables, the column to predict. Left out: the last."),
  labelKind: oneOf(["class", "value"])
    .exactOptional()
    .describe(
      "Of tables, whether labels are names of classes, as when left out, or numbers to predict.",
    ),
  classes: names
    .exactOptional()
    .describe("Of tables, all classes in the order of their indices. Left out: those that occur."),
  features: columns
    .exactOptional()
    .describe("Of tables, the columns that are features. Left out: all others."),
  ignore: columns.exactOptional().describe("Of tables, columns that are no features."),
  categories: columns
    .exactOptional()
    .describe("Of tables, columns whose numbers are codes of categories."),
  incomplete: z
    .union([oneOf(["refuse", "drop", "mean", "median", "mostFrequent"]), z.number()], {
      error: "Use refuse, drop, mean, median, mostFrequent or a number.",
    })
    .exactOptional()
    .describe(
      "Of tables, what to do about a missing value: refuse the table, as when left out, drop the row, or fill in a number.",
    ),
  scaling: oneOf(["none", "standard"])
    .exactOptional()
    .describe("Of tables, `standard` scales features to mean 0 and standard deviation 1."),
  delimiter: text(1)
    .exactOptional()
    .describe("Of tables, the character between cells. Left out: found out."),
  header: flag()
    .exactOptional()
    .describe("Of tables, whether the first line names the columns. Left out: found out."),
  encoding: text(40)
    .exactOptional()
    .describe("Of tables, the encoding of the text. Left out: UTF-8."),
  decimalMark: oneOf([".", ","])
    .exactOptional()
    .describe("Of tables, the character before decimals. Left out: found out."),
  missing: list(z.string({ error: "Use text." }), { min: 1, max: 1_000 })
    .exactOptional()
    .describe("Of tables, texts that stand for a missing value, besides the usual ones."),
  heldOut: z
    .number({ error: HELD_OUT_REMEDY })
    .min(0.001, { error: HELD_OUT_REMEDY })
    .max(0.9, { error: HELD_OUT_REMEDY })
    .exactOptional()
    .describe(
      "Of tables and text, the share that nobody trains on and that checkpoints are scored on: of tables evenly spaced rows, of a text its end. Left out: 0.2, or the table `test` of a folder.",
    ),
  heldOutOf: oneOf(["all", "client"])
    .exactOptional()
    .describe(
      "Of tables with clients, `client` holds out this share of the rows of each client, and `all`, as when left out, of each table.",
    ),
  window: window
    .exactOptional()
    .describe(`Of text, the number of bytes of an example. Left out: ${USUAL_READING.window}.`),
});

const ownModule = strictRecord({
  name: z.literal("module").describe("A data set that a JavaScript module of your own makes."),
  path: path.describe("The module. Its default export is called with the options."),
  options: z
    .record(z.string(), z.json())
    .default({})
    .describe("What the module's function is given."),
});

const OPTIONS = [
  files,
  published("mnist", "Handwritten digits: 60,000 to train on and 10,000 to test on."),
  published("fashion-mnist", "Pieces of clothing, in the form of MNIST."),
  published("cifar-10", "Photographs of 10 classes: 50,000 to train on and 10,000 to test on."),
  shakespeare.extend({
    window: window.default(USUAL_READING.window).describe("The number of bytes of an example."),
  }),
  writers,
  synthetic,
  ownModule,
] as const;

/** The schema of the section `data` of an experiment: a named data set, or the `path` of files. */
export const dataOptions = z.discriminatedUnion("name", OPTIONS, {
  error:
    "Use one of mnist, fashion-mnist, cifar-10, shakespeare, writers, synthetic and module, or leave the name out and give the path of files.",
});

/** Which data set to open, with all defaults filled in. */
export type DataOptions = z.output<typeof dataOptions>;

/** Which data set to open, as an experiment file says it. */
export type DataInput = z.input<typeof dataOptions>;
