/** How a pen draws. Lengths are in pixels. */
export interface Pen {
  /** The mean width of a line. */
  readonly width: number;
  /**
   * How much wider or narrower a line becomes with its direction, as a share of the width: like a
   * broad nib that is held at an angle.
   */
  readonly contrast: number;
  /** The direction in which lines are widest, radians. Lines across it are narrowest. */
  readonly angle: number;
  /** The width of the soft edge of a line, > 0. */
  readonly softness: number;
}

/**
 * Draws the straight line from (x0, y0) to (x1, y1) with round ends. Each pixel keeps the darkest
 * ink that it was given, so that strokes which cross or meet do not add up.
 * @param image - The ink of each pixel in [0, 1], shape [size, size], with pixel centres at whole
 *   numbers; changed.
 */
export function inkLine(
  image: Float32Array,
  size: number,
  pen: Pen,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
): void {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const squaredLength = dx * dx + dy * dy;
  // The factor cos 2(θ − angle), from the sine and cosine of the line's direction θ. So no
  // arctangent is needed for each line.
  const along = squaredLength === 0 ? 0 : (dx * dx - dy * dy) / squaredLength;
  const across = squaredLength === 0 ? 0 : (2 * dx * dy) / squaredLength;
  const turned = along * Math.cos(2 * pen.angle) + across * Math.sin(2 * pen.angle);
  const radius = (pen.width / 2) * (1 + pen.contrast * turned);
  const reach = radius + pen.softness / 2;

  // The box of pixels that the line can reach.
  const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
  const right = Math.min(size - 1, Math.floor(Math.max(x0, x1) + reach));
  const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
  const bottom = Math.min(size - 1, Math.floor(Math.max(y0, y1) + reach));
  const inverse = squaredLength === 0 ? 0 : 1 / squaredLength;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x - x0;
      const py = y - y0;
      // The point of the line that is nearest to the pixel, as a share of the line's length.
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) * inverse));
      const ex = px - t * dx;
      const ey = py - t * dy;
      const squared = ex * ex + ey * ey;
      if (squared >= reach * reach) continue;
      const ink = Math.min(1, (reach - Math.sqrt(squared)) / pen.softness);
      const pixel = y * size + x;
      if (ink > image[pixel]!) image[pixel] = ink;
    }
  }
}
