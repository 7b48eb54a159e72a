import { drawingContext, rasterize, strokeLines, type Point } from "@tributary/join-page/drawing";
import { element, paintPixels } from "./elements.ts";

/** The width of the pen, as a share of the pad's width. */
const PEN = 0.075;

/**
 * A pad to draw a digit on with mouse, pen or finger. It passes on the pixels for the model to
 * read.
 */
export class Sketchpad {
  readonly #canvas = element("pad", HTMLCanvasElement);
  readonly #seen = element("seen", HTMLCanvasElement);
  readonly #hint = element("pad-hint", HTMLElement);
  readonly #scratch = document.createElement("canvas");
  readonly #changed: (pixels: Float32Array | undefined) => void;
  #lines: Point[][] = [];
  #image: Float32Array | undefined;

  /**
   * @param changed - Gets the pixels at most once for each frame, or `undefined` when the pad was
   *   cleared.
   */
  constructor(changed: (pixels: Float32Array | undefined) => void) {
    this.#changed = changed;
    this.#scratch.width = 28;
    this.#scratch.height = 28;
    const pad = this.#canvas;
    pad.addEventListener("pointerdown", (event) => this.#begin(event));
    pad.addEventListener("pointermove", (event) => {
      if (pad.hasPointerCapture(event.pointerId)) this.#draw(event);
    });
    new ResizeObserver(() => this.#paint()).observe(pad);
  }

  /** Removes everything from the pad. */
  clear(): void {
    this.#lines = [];
    this.#image = undefined;
    this.#update();
  }

  /** Shows an image of 28 × 28 pixels in place of a drawing. */
  show(pixels: Float32Array): void {
    this.#lines = [];
    this.#image = pixels;
    this.#update();
  }

  #begin(event: PointerEvent): void {
    if (event.button !== 0 || !event.isPrimary) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#image = undefined;
    this.#lines.push([]);
    this.#draw(event);
  }

  #draw(event: PointerEvent): void {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    this.#lines.at(-1)?.push({
      x: Math.min(1, Math.max(0, (event.clientX - left) / width)),
      y: Math.min(1, Math.max(0, (event.clientY - top) / height)),
    });
    this.#update();
  }

  #updating = false;

  /** Paints the pad in the next frame and passes on the pixels. */
  #update(): void {
    if (this.#updating) return;
    this.#updating = true;
    requestAnimationFrame(() => {
      this.#updating = false;
      const isEmpty = this.#lines.length === 0 && this.#image === undefined;
      const pixels = this.#image ?? rasterize(this.#lines, this.#scratch);
      this.#hint.hidden = !isEmpty;
      this.#paint();
      paintPixels(this.#seen, pixels);
      this.#changed(isEmpty ? undefined : pixels);
    });
  }

  #paint(): void {
    const { clientWidth, clientHeight } = this.#canvas;
    // On screens with a high density, one CSS pixel is several pixels of the canvas.
    const sharpness = devicePixelRatio;
    this.#canvas.width = Math.round(clientWidth * sharpness);
    this.#canvas.height = Math.round(clientHeight * sharpness);
    const { width, height } = this.#canvas;
    const context = drawingContext(this.#canvas);
    if (this.#image !== undefined) {
      paintPixels(this.#scratch, this.#image);
      context.drawImage(this.#scratch, 0, 0, width, height);
      return;
    }
    strokeLines(context, this.#lines, PEN * width, ({ x, y }) => [x * width, y * height]);
  }
}
