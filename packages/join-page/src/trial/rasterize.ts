/** The drawing context of a canvas. */
export function drawingContext(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("This browser has no 2D canvas");
  return context;
}

/**
 * A point on the pad. Both coordinates go from 0 to 1, from left to right and from top to bottom.
 */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** One movement of the pen, from where it touches the pad until it is lifted. */
export type Line = readonly Point[];

const SIZE = 28;
/**
 * The height of a digit, and its width at most, in pixels of 28: about those of the digits that the
 * model trains on.
 */
const EXTENT = 19;
/** The width of the pen, in the same pixels. */
const PEN = 2.6;
/** The share of the pad below which a drawing is not enlarged, so that a dot stays a dot. */
const LEAST_EXTENT = 0.2;

/**
 * Turns a drawing into an image that the model can read: as large as the digits that it has trained
 * on, and centred.
 * @param scratch - A canvas of 28 × 28 pixels; drawn over.
 * @returns Ink in [0, 1], shape [784].
 */
export function rasterize(lines: readonly Line[], scratch: HTMLCanvasElement): Float32Array {
  const context = drawingContext(scratch);
  context.clearRect(0, 0, SIZE, SIZE);
  const points = lines.flat();
  const pixels = new Float32Array(SIZE * SIZE);
  if (points.length === 0) return pixels;
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  const [left, right, top, bottom] = [
    Math.min(...xs),
    Math.max(...xs),
    Math.min(...ys),
    Math.max(...ys),
  ];
  const scale = (EXTENT - PEN) / Math.max(right - left, bottom - top, LEAST_EXTENT);
  const place = ({ x, y }: Point): readonly [number, number] => [
    SIZE / 2 + (x - (left + right) / 2) * scale,
    SIZE / 2 + (y - (top + bottom) / 2) * scale,
  ];
  strokeLines(context, lines, PEN, place);
  const { data } = context.getImageData(0, 0, SIZE, SIZE);
  for (let i = 0; i < pixels.length; i++) pixels[i] = (data[i * 4 + 3] ?? 0) / 255;
  return pixels;
}

/**
 * Draws lines as smooth curves with round ends. A single point becomes a dot.
 * @param width - The width of the pen, in the canvas's pixels.
 * @param place - Converts a point of the pad to the canvas's pixels.
 */
export function strokeLines(
  context: CanvasRenderingContext2D,
  lines: readonly Line[],
  width: number,
  place: (point: Point) => readonly [number, number],
): void {
  context.lineWidth = width;
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = "#000";
  context.beginPath();
  for (const line of lines) {
    const [first, ...others] = line.map(place);
    if (first === undefined) continue;
    context.moveTo(...first);
    // Each curve goes from the middle of one piece to the middle of the next, and bends towards the
    // point between them.
    let [x, y] = first;
    for (const [nextX, nextY] of others) {
      context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
      [x, y] = [nextX, nextY];
    }
    context.lineTo(x, y);
  }
  context.stroke();
}
