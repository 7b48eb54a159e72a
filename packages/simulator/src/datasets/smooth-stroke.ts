import type { Stroke } from "./digit-glyphs.ts";

/**
 * The number of straight pieces between two points of a stroke. Five are enough for curves to look
 * round at 28 pixels.
 */
const PIECES = 5;

/**
 * Follows a stroke as a cardinal spline, and passes the points on the way to `visit`.
 * @param roundness - 0 joins the points by straight lines; 1 gives a Catmull–Rom spline; more than
 *   1 makes the curve bulge.
 * @param visit - Called with each point in turn, in the units of the stroke. `first` is true at the
 *   beginning of a stroke.
 */
export function followStroke(
  stroke: Stroke,
  roundness: number,
  visit: (x: number, y: number, first: boolean) => void,
): void {
  const tangent = roundness / 2;
  for (let i = 0; i + 1 < stroke.length; i++) {
    const from = stroke[i]!;
    const to = stroke[i + 1]!;
    const before = stroke[i - 1] ?? closing(stroke, stroke.length - 2) ?? from;
    const after = stroke[i + 2] ?? closing(stroke, 1) ?? to;
    if (i === 0) visit(from[0], from[1], true);
    for (let piece = 1; piece <= PIECES; piece++) {
      const t = piece / PIECES;
      const s = 1 - t;
      // The Hermite basis: the values at both ends, then the slopes there.
      const h0 = s * s * (1 + 2 * t);
      const h1 = t * t * (3 - 2 * t);
      const g0 = t * s * s * tangent;
      const g1 = -t * t * s * tangent;
      visit(
        h0 * from[0] + h1 * to[0] + g0 * (to[0] - before[0]) + g1 * (after[0] - from[0]),
        h0 * from[1] + h1 * to[1] + g0 * (to[1] - before[1]) + g1 * (after[1] - from[1]),
        false,
      );
    }
  }
}

/**
 * The neighbouring point across the seam, for a stroke that ends where it begins; undefined for
 * others.
 */
function closing(stroke: Stroke, index: number): readonly [number, number] | undefined {
  const first = stroke[0]!;
  const last = stroke[stroke.length - 1]!;
  return first[0] === last[0] && first[1] === last[1] ? stroke[index] : undefined;
}
