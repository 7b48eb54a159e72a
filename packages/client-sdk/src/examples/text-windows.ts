import { TributaryError } from "@tributary/protocol";
import type { Examples } from "./examples.ts";

/**
 * Cuts text into windows of tokens, one after the other, for a language model such as the builtin
 * `char-transformer`. A token is a byte of UTF-8, from 0 to 255, so that all clients mean the same by
 * it and no character is unknown. The labels of a window are the next tokens at each of its
 * positions. What is left at the end, and is too short for a window, is left out.
 * @param text - Any text, or its bytes in UTF-8; not modified.
 * @param window - The number of tokens of one example, as many as the model takes; a whole number of
 *   at least 1.
 * @returns Examples of shape [window] with labels of shape [window]; none if the text is too short.
 * @throws TributaryError `BAD_PARAMETER` when `window` is out of range.
 */
export function textWindows(text: string | Uint8Array, window: number): Examples {
  if (!Number.isSafeInteger(window) || window < 1) {
    throw new TributaryError("BAD_PARAMETER", `The window of text is ${window} tokens`, {
      remedy: "Give a whole number of at least 1, as many tokens as the model takes.",
    });
  }
  const tokens = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const count = Math.max(0, Math.floor((tokens.length - 1) / window));
  const size = count * window;
  return {
    ...{ features: Float32Array.from(tokens.subarray(0, size)), featureShape: [window] },
    ...{ labels: Int32Array.from(tokens.subarray(1, size + 1)), labelShape: [window] },
    count,
  };
}
