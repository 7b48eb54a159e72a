import { TributaryError, type TextContract } from "@tributary/protocol";
import type { Examples } from "./examples.ts";
import { plainTokenizers, utf8Of, type TokenizerSource } from "./tokenizer.ts";

/**
 * Cuts text into windows of bytes: `tokenWindows` of its bytes in UTF-8, from 0 to 255, so that all
 * clients mean the same by a token and no character is unknown.
 * @param text - Any text, or its bytes in UTF-8; not modified.
 * @param window - As of `tokenWindows`.
 * @throws TributaryError `BAD_PARAMETER` when `window` is out of range.
 */
export function textWindows(text: string | Uint8Array, window: number): Examples {
  return tokenWindows(utf8Of(text), window);
}

/**
 * Cuts the tokens of a text into windows, one after the other, for a language model such as the
 * builtin `char-transformer`. The labels of a window are the next tokens at each of its positions.
 * What is left at the end, and is too short for a window, is left out.
 * @param tokens - Not modified.
 * @param window - The number of tokens of one example, as many as the model takes; a whole number of
 *   at least 1.
 * @returns Examples of shape [window] with labels of shape [window]; none if the text is too short.
 * @throws TributaryError `BAD_PARAMETER` when `window` is out of range.
 */
export function tokenWindows(tokens: Uint8Array | Uint32Array, window: number): Examples {
  if (!Number.isSafeInteger(window) || window < 1) {
    throw new TributaryError("BAD_PARAMETER", `The window of text is ${window} tokens`, {
      remedy: "Give a whole number of at least 1, as many tokens as the model takes.",
    });
  }
  const count = windowCount(tokens.length, window);
  const size = count * window;
  return {
    ...{ features: Float32Array.from(tokens.subarray(0, size)), featureShape: [window] },
    ...{ labels: Int32Array.from(tokens.subarray(1, size + 1)), labelShape: [window] },
    count,
  };
}

/** How many windows there are of so many tokens. A window needs one more, for its last label. */
export function windowCount(tokens: number, window: number): number {
  return Math.max(0, Math.floor((tokens - 1) / window));
}

/**
 * Makes examples of text as a data contract says.
 * @param tokenizers - Makes the contract's tokenizer; left out, only bytes are known.
 * @returns As `tokenWindows`.
 * @throws TributaryError `TOKENIZER_UNAVAILABLE` when there is no tokenizer of that name here;
 *   `EXAMPLES_INVALID` when the tokenizer does not take the text.
 */
export async function mapText(
  text: string | Uint8Array,
  { tokenizer: spec, window }: Pick<TextContract, "tokenizer" | "window">,
  tokenizers: TokenizerSource = plainTokenizers,
): Promise<Examples> {
  const tokenizer = await tokenizers(spec);
  return tokenWindows(await tokenizer.encode(text), window);
}
