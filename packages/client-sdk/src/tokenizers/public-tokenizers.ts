/**
 * Tokenizers that are published: their vocabularies are a package of their own, so that apps without
 * text do without them.
 *
 * ```ts
 * const examples = textExampleStore(text, { tokenizers: publicTokenizers });
 * ```
 */
import type { BytePairEncodingCore } from "gpt-tokenizer/BytePairEncodingCore";
import { TributaryError, type TokenizerSpec } from "@tributary/protocol";
import {
  bytesTokenizer,
  unavailable,
  type Tokenizer,
  type TokenizerSource,
} from "../examples/tokenizer.ts";
import { eventLoopBreak } from "../runtime/event-loop-break.ts";

export type { Tokenizer, TokenizerSource } from "../examples/tokenizer.ts";

/** The longest word, or other piece, in UTF-16 units: the time to merge it grows with its square. */
const LONGEST_PIECE = 16_384;

/** How many pieces become tokens between two looks at the time. */
const PIECES_AT_ONCE = 256;

/**
 * Makes every tokenizer that a data contract can name. Vocabularies are loaded when they are first
 * needed, from the package gpt-tokenizer.
 * @throws TributaryError `TOKENIZER_UNAVAILABLE` when the package is not installed.
 */
export const publicTokenizers: TokenizerSource = async (spec) =>
  spec.name === "bytes" ? bytesTokenizer : r50kBase(spec);

/** A byte pair encoding merges by rank, so that its first ranks are an encoding of fewer tokens. */
async function r50kBase(spec: Extract<TokenizerSpec, { name: "r50k_base" }>): Promise<Tokenizer> {
  const { vocabulary } = spec;
  const [core, ranks, patterns] = await load().catch((error: unknown) => {
    throw unavailable(spec, error);
  });
  const pattern = patterns.R50K_TOKEN_SPLIT_REGEX;
  const encoding = new core.BytePairEncodingCore({
    bytePairRankDecoder: ranks.default.slice(0, vocabulary),
    tokenSplitRegex: pattern,
  });
  return {
    vocabulary,
    encode: (text) => encodePieces(textOf(text), pattern, encoding),
  };
}

const load = () =>
  Promise.all([
    import("gpt-tokenizer/BytePairEncodingCore"),
    import("gpt-tokenizer/bpeRanks/r50k_base"),
    import("gpt-tokenizer/encodingParams/constants"),
  ]);

async function encodePieces(
  text: string,
  pattern: RegExp,
  encoding: BytePairEncodingCore,
): Promise<Uint32Array> {
  const tokens: number[] = [];
  const due = eventLoopBreak();
  let pieces = 0;
  for (const [piece] of text.matchAll(pattern)) {
    if (piece.length > LONGEST_PIECE) throw tooLong(piece);
    tokens.push(...encoding.encodeNative(piece));
    pieces += 1;
    if (pieces % PIECES_AT_ONCE === 0) await due();
  }
  return Uint32Array.from(tokens);
}

/** @throws TributaryError `EXAMPLES_INVALID` when bytes are no UTF-8. */
function textOf(text: string | Uint8Array): string {
  if (typeof text === "string") return text;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(text);
  } catch (error) {
    throw new TributaryError("EXAMPLES_INVALID", "The text has bytes that are not UTF-8", {
      remedy: "Save the text as UTF-8, or take part in tasks whose tokens are bytes.",
      cause: error,
    });
  }
}

const tooLong = (piece: string): TributaryError =>
  new TributaryError(
    "EXAMPLES_INVALID",
    `The text has ${piece.length} characters without a break, more than the ${LONGEST_PIECE} that the tokenizer takes`,
    { remedy: "Break them up, or take part in tasks whose tokens are bytes." },
  );
