import type { Examples } from "@tributary/client-sdk";

/** The number of different tokens of text: a token is a byte of UTF-8. */
export const TOKEN_COUNT = 256;

/** How many tokens an example of text has unless the user says so: as many as the builtin model takes. */
export const USUAL_WINDOW = 64;

/**
 * Cuts text into windows of tokens, one after the other. The labels of a window are its tokens' next
 * ones: those of the window, moved by one. What is left at the end, and is too short for a window,
 * is left out.
 * @param text - Any text. Its bytes in UTF-8 are the tokens, so that no character is unknown.
 * @param window - The number of tokens of one example, at least 1.
 * @returns Examples of shape [window] with labels of shape [window]; none if the text is too short.
 */
export function textWindows(text: Uint8Array, window: number): Examples {
  const count = Math.max(0, Math.floor((text.length - 1) / window));
  const size = count * window;
  return {
    ...{ features: Float32Array.from(text.subarray(0, size)), featureShape: [window] },
    ...{ labels: Int32Array.from(text.subarray(1, size + 1)), labelShape: [window] },
    count,
  };
}
