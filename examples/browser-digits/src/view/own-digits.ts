import type { Examples } from "@tributary/client-sdk";
import { pixelsOf } from "../digits.ts";
import { element, paintPixels, setText } from "./elements.ts";

/** The number of digits that are shown. It fills whole rows, on wide and on narrow pages. */
const SHOWN = 24;

/** Shows some of this writer's digits. Choosing one passes on its pixels. */
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
      `${SHOWN} of ${digits.count}, by writer ${writer ?? ""}; they never leave this page`,
    );
    this.#box.replaceChildren(
      ...Array.from({ length: Math.min(SHOWN, digits.count) }, (_, index) =>
        this.#button(pixelsOf(digits, index), digits.labels[index] ?? 0),
      ),
    );
  }

  /** Marks all digits as not chosen. */
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
