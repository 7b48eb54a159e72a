/**
 * The element of index.html with this id.
 * @throws Error when the page has none of that kind: page and script are out of step.
 */
export function element<Kind extends Element>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} #${id}`);
}

/** Sets an element's text, only if it is another: screen readers tell each change. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** The canvas's context for drawing. */
export function drawingContext(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("This browser has no 2D canvas");
  return context;
}

/** Paints ink in [0, 1], shape [28 × 28], into a canvas of that size: black, and transparent where there is none. */
export function paintPixels(canvas: HTMLCanvasElement, pixels: Float32Array): void {
  const { width, height } = canvas;
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data[i * 4 + 3] = 255 * (pixels[i] ?? 0);
  drawingContext(canvas).putImageData(image, 0, 0);
}
