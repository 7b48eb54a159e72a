import { drawingContext, rasterize, strokeLines, type Point } from "./rasterize.ts";

const PEN = 0.075;

/** A pad to draw on with mouse, pen or finger. */
export class DrawingPad {
  readonly canvas: HTMLCanvasElement = document.createElement("canvas");
  #lines: Point[][] = [];

  constructor() {
    Object.assign(this.canvas, { width: 280, height: 280 });
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", "Drawing area; a picture can be chosen instead");
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.#lines.push([]);
      this.#draw(event);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.canvas.hasPointerCapture(event.pointerId)) this.#draw(event);
    });
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  clear(): void {
    this.#lines = [];
    drawingContext(this.canvas).clearRect(0, 0, 280, 280);
  }

  /** The drawing as the digits of MNIST are: white ink from 0 to 255 on black, 28 × 28. */
  pixels(): readonly number[] {
    const scratch = Object.assign(document.createElement("canvas"), { width: 28, height: 28 });
    return Array.from(rasterize(this.#lines, scratch), (ink) => Math.round(255 * ink));
  }

  #draw({ clientX, clientY }: PointerEvent): void {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    this.#lines.at(-1)?.push({ x: (clientX - left) / width, y: (clientY - top) / height });
    const context = drawingContext(this.canvas);
    context.clearRect(0, 0, 280, 280);
    strokeLines(context, this.#lines, PEN * 280, ({ x, y }) => [x * 280, y * 280]);
  }
}
