import { drawingContext } from "@tributary/join-page/drawing";

/**
 * Finds the element of index.html with this id.
 * @throws Error when there is none of that kind, because the page and the script do not belong
 *   together.
 */
export function element<Kind extends Element>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} #${id}`);
}

/**
 * Sets an element's text if it differs. Screen readers announce each change, even to the same text.
 */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Paints ink in [0, 1] into a canvas, one value for each of its pixels. Ink is black; pixels
 * without ink are transparent.
 */
export function paintPixels(canvas: HTMLCanvasElement, pixels: Float32Array): void {
  const { width, height } = canvas;
  const image = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) image.data[i * 4 + 3] = 255 * (pixels[i] ?? 0);
  drawingContext(canvas).putImageData(image, 0, 0);
}
