import { expect, it } from "vitest";
import { textWindows } from "../src/index.ts";

it("text becomes windows of bytes, with the next byte as the label at each position", () => {
  const text = "añb cde"; // ñ has two bytes
  const bytes = [...new TextEncoder().encode(text)];
  const expected = {
    ...{ features: Float32Array.from(bytes.slice(0, 6)), featureShape: [3], count: 2 },
    ...{ labels: Int32Array.from(bytes.slice(1, 7)), labelShape: [3] },
  };
  expect(textWindows(text, 3)).toEqual(expected);
  expect(textWindows(new TextEncoder().encode(text), 3)).toEqual(expected);
  // A window needs one more token than it has, for its last label.
  expect([8, 7].map((window) => textWindows(text, window).count)).toEqual([0, 1]);
});

it.each([0, 1.5, Number.NaN])("a window of %f tokens is refused", (window) => {
  expect(() => textWindows("text", window)).toThrow(/The window of text is/);
});
