import { TributaryError, vocabularyOf, type TokenizerSpec } from "@tributary/protocol";

/** Turns text into tokens, which are whole numbers from 0. */
export interface Tokenizer {
  /** The number of different tokens: all of them are below it. */
  readonly vocabulary: number;
  /**
   * The tokens of a text. Long texts let other work of the thread run in between.
   * @param text - Text, or its bytes in UTF-8; not modified.
   * @throws TributaryError `EXAMPLES_INVALID` when the tokenizer does not take the text.
   */
  encode(text: string | Uint8Array): Promise<Uint8Array | Uint32Array>;
}

/**
 * Makes the tokenizer that a data contract names.
 * @throws TributaryError `TOKENIZER_UNAVAILABLE` when there is none of that name here.
 */
export type TokenizerSource = (spec: TokenizerSpec) => Promise<Tokenizer>;

/** The tokenizer whose tokens are the bytes of UTF-8, so that no character is unknown. */
export const bytesTokenizer: Tokenizer = {
  vocabulary: vocabularyOf({ name: "bytes" }),
  encode: (text) => Promise.resolve(utf8Of(text)),
};

/** Knows the bytes and no other tokenizer, as those have vocabularies of hundreds of kilobytes. */
export const plainTokenizers: TokenizerSource = (spec) =>
  spec.name === "bytes" ? Promise.resolve(bytesTokenizer) : Promise.reject(unavailable(spec));

/** The bytes of a text in UTF-8. Bytes are returned as they are. */
export const utf8Of = (text: string | Uint8Array): Uint8Array =>
  typeof text === "string" ? new TextEncoder().encode(text) : text;

/** The error for a tokenizer that is not here. */
export function unavailable({ name }: TokenizerSpec, cause?: unknown): TributaryError {
  return new TributaryError("TOKENIZER_UNAVAILABLE", `The tokenizer ${name} is not here`, {
    remedy:
      "Install gpt-tokenizer, and give the store of text `publicTokenizers` from @tributary/client-sdk/tokenizers.",
    ...(cause === undefined ? {} : { cause }),
  });
}
