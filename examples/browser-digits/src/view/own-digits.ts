import type { Examples } from "@tributary/client-sdk";
import { pixelsOf } from "../learning/digits.ts";
import { element, paintPixels, setText } from "./elements.ts";

/** As many as fill whole rows, wide or narrow. */
const SHOWN = 24;

/** Some of this writer's digits; choosing one hands its pixels on. */
export class OwnDigits {
  readonly #box = element("own", HTMLElement);
  readonly #choose: (pixels: Float32Array) => void;
  #digits: Examples | undefined;

  constructor(choose: (pixels: Float32Array) => void) {
    this.#choose = choose;
  }

  render(digits: Examples | undefined, writer: number | undefined): void {
    if (digits === undefined || digits === this.#digits) return;
    this.#digits = digits;
    setText(
      element("own-aside", HTMLElement),
      `${SHOWN} of ${digits.count}, by writer ${writer ?? ""}; they stay here`,
    );
    this.#box.replaceChildren(
      ...Array.from({ length: Math.min(SHOWN, digits.count) }, (_, index) =>
        this.#button(pixelsOf(digits, index), digits.labels[index] ?? 0),
      ),
    );
  }

  /** No digit is chosen any more. */
  clear(): void {
    for (const button of this.#box.children) button.setAttribute("aria-pressed", "false");
  }

  #button(pixels: Float32Array, label: number): HTMLButtonElement {
    const canvas = document.createElement("canvas");
    canvas.width = 28;
    canvas.height = 28;
    paintPixels(canvas, pixels);
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `One of my digits, a ${label}`);
    button.setAttribute("aria-pressed", "false");
    button.append(canvas);
    button.addEventListener("click", () => {
      this.clear();
      button.setAttribute("aria-pressed", "true");
      this.#choose(pixels);
    });
    return button;
  }
}
