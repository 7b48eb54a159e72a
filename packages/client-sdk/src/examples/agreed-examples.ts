import {
  TributaryError,
  featureShapeOf,
  levelKey,
  numberOf,
  shapeSize,
  tokenizerText,
  vocabularyOf,
  type DataContract,
  type TokenizerSpec,
} from "@tributary/protocol";
import { requireEncoded } from "./encoded-features.ts";
import type { ExampleReader } from "./example-reader.ts";
import type { Examples } from "./examples.ts";
import { listed } from "./listed.ts";

/**
 * Holds examples to what all clients of a task agree on. Under a data contract the features have
 * the contract's number of values, those of levels and images can be what the contract makes of them,
 * and labels that a client has numbered by itself are numbered as
 * the contract does. Without one, a client that has numbered words by itself is refused: another
 * client would number them differently.
 * @param examples - Not modified.
 * @returns The examples, or a copy with other labels.
 * @throws TributaryError `EXAMPLES_INVALID`.
 */
export function agreedExamples(examples: Examples, contract: DataContract | undefined): Examples {
  const { classNames } = examples;
  if (contract === undefined) {
    const word = classNames?.find((name) => numberOf(name.trim()) === undefined);
    if (word !== undefined) throw unagreed(`The labels are words, such as ${word.slice(0, 60)}`);
    return examples;
  }
  requireWidth(examples, featureShapeOf(contract));
  if (contract.type === "text") {
    requireTokens(examples, contract.tokenizer);
    return examples;
  }
  requireEncoded(examples, contract);
  const { classes } = contract.label;
  if (classes === undefined || classNames === undefined) return examples;
  return renumbered(examples, classNames, classes);
}

/**
 * Holds the examples of a reader to what all clients agree on, batch by batch: see `agreedExamples`.
 */
export function agreedReader(
  reader: ExampleReader,
  contract: DataContract | undefined,
): ExampleReader {
  const { featureShape, labelShape, classNames, count } = reader;
  const shuffle = reader.shuffle?.bind(reader);
  return {
    featureShape,
    labelShape,
    ...(classNames === undefined ? {} : { classNames }),
    count,
    ...(shuffle === undefined ? {} : { shuffle }),
    async *batches(order, size) {
      for await (const batch of reader.batches(order, size)) yield agreedExamples(batch, contract);
    },
    close: () => reader.close(),
  };
}

/**
 * Holds the number of classes that a client knows of to the number that the model tells apart.
 * @param expected - How many classes the model tells apart.
 * @throws TributaryError `EXAMPLES_INVALID` when they differ.
 */
export function requireAllClasses(
  { classNames }: Pick<Examples, "classNames">,
  contract: DataContract | undefined,
  expected: number,
): void {
  const named = contract?.type === "text" ? undefined : contract?.label.classes?.length;
  if (named !== undefined && named !== expected) {
    throw new TributaryError(
      "EXAMPLES_INVALID",
      `The task's data contract names ${named} classes, and its model tells ${expected} apart`,
      { remedy: "Ask the operator to correct the task: both must be the same." },
    );
  }
  if (contract !== undefined || classNames === undefined || classNames.length >= expected) return;
  throw unagreed(
    `The examples have ${classNames.length} classes, and the model tells ${expected} apart`,
  );
}

function requireWidth({ featureShape }: Examples, wanted: readonly number[]): void {
  if (shapeSize(featureShape) === shapeSize(wanted)) return;
  throw new TributaryError(
    "EXAMPLES_INVALID",
    `The examples' features have the shape [${featureShape.join(", ")}], and the task's data contract asks for [${wanted.join(", ")}]`,
    { remedy: "Give the values of the contract's features, in its order." },
  );
}

/** Whoever makes the examples may have other tokens, and the model may tell more apart. */
function requireTokens({ features, labels }: Examples, tokenizer: TokenizerSpec): void {
  const vocabulary = vocabularyOf(tokenizer);
  const isToken = (value: number): boolean =>
    Number.isInteger(value) && value >= 0 && value < vocabulary;
  const other = features.find((value) => !isToken(value)) ?? labels.find((one) => !isToken(one));
  if (other === undefined) return;
  throw new TributaryError(
    "EXAMPLES_INVALID",
    `The examples have the token ${other}, which the tokenizer ${tokenizerText(tokenizer)} does not have`,
    { remedy: "Make the tokens with the tokenizer that the task's data contract names." },
  );
}

/** The examples with the contract's class indices. */
function renumbered(
  examples: Examples,
  classNames: readonly string[],
  classes: readonly string[],
): Examples {
  const agreed = new Map(classes.map((name, index) => [levelKey(name), index]));
  const indices = classNames.map((name) => {
    const index = agreed.get(levelKey(name));
    if (index !== undefined) return index;
    throw new TributaryError(
      "EXAMPLES_INVALID",
      `The examples have the class ${name.slice(0, 60)}, which the task's data contract does not name`,
      { remedy: `Its classes are ${listed(classes)}: correct the name.` },
    );
  });
  if (indices.every((index, position) => index === position)) return examples;
  return {
    ...examples,
    classNames: classes,
    labels: examples.labels.map((label) => indices[label]!),
  };
}

function unagreed(cause: string): TributaryError {
  return new TributaryError(
    "EXAMPLES_INVALID",
    `${cause}: without a data contract each client would number its classes by itself`,
    {
      remedy:
        "Have the operator write the section `examples` into the task file: `tributary task contract FILE` drafts it.",
    },
  );
}
