import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BytePairEncodingCore } from "gpt-tokenizer/BytePairEncodingCore";
import ranks from "gpt-tokenizer/bpeRanks/r50k_base";
import { R50K_TOKEN_SPLIT_REGEX } from "gpt-tokenizer/encodingParams/constants";
import { publicTokenizers } from "../src/tokenizers/public-tokenizers.ts";
import { rejectionOf } from "./support/rejection.ts";

const dataFolder = process.env["TRIBUTARY_DATA"];

const tokensOf = async (text: string | Uint8Array, vocabulary: number): Promise<number[]> => {
  const tokenizer = await publicTokenizers({ name: "r50k_base", vocabulary });
  expect(tokenizer.vocabulary).toBe(vocabulary);
  return [...(await tokenizer.encode(text))];
};

/** The tokens that the library makes of a text as a whole. */
const libraryTokens = (text: string, vocabulary: number): number[] =>
  new BytePairEncodingCore({
    bytePairRankDecoder: ranks.slice(0, vocabulary),
    tokenSplitRegex: R50K_TOKEN_SPLIT_REGEX,
  }).encodeNative(text);

describe("the tokenizer r50k_base", () => {
  it("gives the tokens of GPT-2, and with fewer tokens those that are merged first", async () => {
    // The first line is what the tokenizers of OpenAI and of Hugging Face give.
    expect(await tokensOf("Hello world", 50_256)).toEqual([15_496, 995]);
    expect(await tokensOf("Hello world", 1_024)).toEqual([39, 695, 78, 995]);
    expect(await tokensOf("Hello world", 300)).toEqual([39, 68, 297, 78, 266, 273, 75, 67]);
  });

  it.each([257, 300, 1_024, 50_256])(
    "gives what the library gives of a whole text, with %i tokens",
    async (vocabulary) => {
      const text =
        "To be, or  not\r\n\r\n  to be: it's 1601.\t'' \u00a0x\n Größe, 中文字符 😀 <|endoftext|> \ud800! ";
      const tokens = await tokensOf(text, vocabulary);
      expect(tokens).toEqual(libraryTokens(text, vocabulary));
      expect(Math.max(...tokens)).toBeLessThan(vocabulary);
      expect(await tokensOf(new TextEncoder().encode(text), vocabulary)).toEqual(
        libraryTokens(text.replace("\ud800", "\ufffd"), vocabulary),
      );
    },
  );

  it.skipIf(dataFolder === undefined)("makes so many tokens of Shakespeare", async () => {
    const text = readFileSync(join(dataFolder!, "shakespeare", "tinyshakespeare.txt"));
    expect(await tokensOf(text, 1_024)).toHaveLength(523_935);
    expect(await tokensOf(text, 50_256)).toHaveLength(338_025);
  });

  it("refuses bytes that are not UTF-8, and a word that would take minutes", async () => {
    const invalid = await rejectionOf(tokensOf(Uint8Array.of(0x47, 0xfc, 0x74, 0x65), 1_024));
    expect(invalid).toMatchObject({ code: "EXAMPLES_INVALID" });
    expect(invalid.message).toContain("not UTF-8");
    const long = await rejectionOf(tokensOf(`a ${"acgt".repeat(4_097)}`, 1_024));
    expect(long).toMatchObject({ code: "EXAMPLES_INVALID" });
    expect(long.message).toContain("16389 characters without a break");
  });
});

describe("an app without the package gpt-tokenizer", () => {
  afterEach(() => {
    vi.doUnmock("gpt-tokenizer/BytePairEncodingCore");
  });

  it("has bytes, and is told what to install for other tokens", async () => {
    vi.doMock("gpt-tokenizer/BytePairEncodingCore", () => {
      throw new Error("Cannot find package 'gpt-tokenizer'");
    });
    const bytes = await publicTokenizers({ name: "bytes" });
    expect([...(await bytes.encode("ñ"))]).toEqual([0xc3, 0xb1]);
    const error = await rejectionOf(publicTokenizers({ name: "r50k_base", vocabulary: 300 }));
    expect(error).toMatchObject({ code: "TOKENIZER_UNAVAILABLE" });
    expect(error.message).toContain("Install gpt-tokenizer");
  });
});
