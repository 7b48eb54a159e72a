import { wholeNumbers, type Variant } from "../../schema/parameter.ts";

/** A data contract about text, of which windows of tokens become examples. */
export interface TextContract {
  readonly type: "text";
  /** How text becomes tokens. */
  readonly tokenizer: TokenizerSpec;
  /** The number of tokens of one example. */
  readonly window: number;
}

/** Names a tokenizer so that all clients give the same text the same tokens. */
export type TokenizerSpec =
  | { readonly name: "bytes" }
  | {
      readonly name: "r50k_base";
      /** The number of different tokens. */
      readonly vocabulary: number;
    };

/** The number of different bytes, with which the vocabulary of every tokenizer begins. */
const BYTES = 256;

type Tokenizer<Name extends TokenizerSpec["name"]> = Variant<
  Extract<TokenizerSpec, { name: Name }>,
  "name"
>;

const bytes: Tokenizer<"bytes"> = {
  name: "bytes",
  meaning: "The bytes of UTF-8: 256 tokens.",
  parameters: {},
};

const r50kBase: Tokenizer<"r50k_base"> = {
  name: "r50k_base",
  meaning: "The byte pair encoding of GPT-2, or the beginning of its vocabulary.",
  parameters: {
    vocabulary: {
      values: wholeNumbers(BYTES + 1, 50_256),
      meaning:
        "The number of different tokens: the 256 bytes, and the pairs that the encoding merges first.",
    },
  },
};

/** The table of tokenizers: the one place that lists them. */
export const TOKENIZERS = [bytes, r50kBase] as const;

/** The number of different tokens of a tokenizer. They are the numbers from 0 to it, without it. */
export function vocabularyOf(tokenizer: TokenizerSpec): number {
  return tokenizer.name === "bytes" ? BYTES : tokenizer.vocabulary;
}

/** Names a tokenizer to people, with its number of tokens. */
export function tokenizerText(tokenizer: TokenizerSpec): string {
  return `${tokenizer.name} with ${vocabularyOf(tokenizer)} tokens`;
}
