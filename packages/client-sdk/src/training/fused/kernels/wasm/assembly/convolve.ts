// Convolutions as matrix products, without copying the windows together first (im2col). Images have
// the shape [height, width, channels] and have their padding already. The values under one row of a
// filter are therefore neighbours in memory, and serve as a piece of a row of A where they lie. The
// rows of A of neighbouring pixels overlap.
import { bytes } from "./address";
import { pack } from "./multiply";
import { strip } from "./register-tiles";
import { multiplyRows, stripHeight } from "./strips";

/**
 * Computes y = bias + x ⋆ filter. Each sum runs over the rows of the filter, its columns, and then
 * the channels.
 * @param xImage, xRow, xPixel - Strides of x from one image, row and pixel of the output to the
 *   next.
 * @param xLine - The stride of x from one row of the filter to the next.
 * @param xFirst, xEnd - The first line of an image that counts, and the first one behind those. All
 *   other lines are padding, and no product with them is added.
 * @param width - The number of values in a row of the filter: columns × channels.
 */
export function convolve(
  x: usize,
  xImage: i32,
  xRow: i32,
  xPixel: i32,
  xLine: i32,
  xFirst: i32,
  xEnd: i32,
  filter: usize,
  height: i32,
  width: i32,
  bias: usize,
  y: usize,
  images: i32,
  rows: i32,
  columns: i32,
  channels: i32,
  scratch: usize,
): void {
  // The filter becomes B, packed into panels of 8 outputs. Its rows are the values of a window.
  const depth = height * width;
  pack(filter, bytes(channels), depth, channels, scratch);
  const panel = bytes(8 * depth),
    yRow = bytes(channels);
  // How far the pointer to a window jumps at the end of a row of windows, and of an image.
  const nextRow = bytes(xRow - columns * xPixel),
    nextImage = bytes(xImage - rows * xRow),
    step = bytes(xPixel);
  const lines = xRow / xLine,
    end = images * rows;
  let p = x,
    c = y,
    column = 0,
    row = 0;
  // Rows of windows whose sums run over the same rows of the filter go together, also across images.
  // `row` is the first of them, and the others up to `next` are counted from the first image on.
  for (let first = 0, next = 0; first < end; first = next) {
    const from = firstIn(row, lines, xFirst),
      to = endIn(row, lines, xEnd, height);
    for (next++; next < end; next++) {
      const other = next % rows;
      if (firstIn(other, lines, xFirst) != from || endIn(other, lines, xEnd, height) != to) break;
    }
    const packed = scratch + bytes(8 * from * width),
      skipped = bytes(from * xLine);
    p += skipped;
    // Up to five pixels of the output at a time. Each pointer finds the window of its pixel, also
    // across rows and images.
    let left = (next - first) * columns;
    while (left > 0) {
      const pixels = stripHeight(left);
      // Pointers to the windows of these pixels. Those beyond them are not used.
      const a0 = p;
      let a1 = p,
        a2 = p,
        a3 = p,
        a4 = p;
      for (let i = 1; i <= pixels; i++) {
        p += step;
        if (++column == columns) {
          column = 0;
          p += nextRow;
          if (++row == rows) {
            row = 0;
            p += nextImage;
          }
        }
        if (i == 1) a1 = p;
        else if (i == 2) a2 = p;
        else if (i == 3) a3 = p;
        else if (i == 4) a4 = p;
      }
      // A strip multiplies these windows by all panels of the filter.
      strip(
        pixels,
        a0,
        a1,
        a2,
        a3,
        a4,
        4,
        bytes(xLine),
        width,
        to - from,
        packed,
        32,
        panel,
        c,
        yRow,
        bias,
        0,
        channels,
      );
      c += yRow * <usize>pixels;
      left -= pixels;
    }
    p -= skipped;
  }
}

/** The first row of the filter that lies over a line that counts, in windows of this row. */
function firstIn(row: i32, lines: i32, xFirst: i32): i32 {
  return max(0, xFirst - row * lines);
}

/** The first row of the filter behind those. */
function endIn(row: i32, lines: i32, xEnd: i32, height: i32): i32 {
  return min(height, xEnd - row * lines);
}

/** Computes filter = Σ x · dy over images, output rows and output pixels, in this order. */
export function filterGradient(
  x: usize,
  xImage: i32,
  xRow: i32,
  xPixel: i32,
  xLine: i32,
  xFirst: i32,
  xEnd: i32,
  filter: usize,
  height: i32,
  width: i32,
  dy: usize,
  images: i32,
  rows: i32,
  columns: i32,
  channels: i32,
  scratch: usize,
): void {
  // Here the sums run over the pixels of an image. dy is B, and x, seen along its pixels, is A.
  const depth = rows * columns;
  const panel = bytes(8 * depth),
    cRow = bytes(channels),
    lines = xRow / xLine;
  // Images follow one another: the sums of an image start with those of the images before it.
  for (let image = 0; image < images; image++) {
    pack(dy + bytes(image * depth * channels), bytes(channels), depth, channels, scratch);
    for (let line = 0; line < height; line++) {
      // For each line of the filter, its values are rows of A: one pixel of dy after the other
      // along x.
      const c = filter + bytes(line * width * channels);
      // The rows of dy whose windows have this line over one that counts.
      const first = max(0, (xFirst - line + lines - 1) / lines),
        end = min(rows, (xEnd - line + lines - 1) / lines);
      multiplyRows(
        x + bytes(image * xImage + first * xRow + line * xLine),
        4,
        bytes(xPixel),
        bytes(xRow),
        columns,
        end - first,
        scratch + bytes(8 * first * columns),
        32,
        panel,
        c,
        cRow,
        // The first image starts with zeros.
        image == 0 ? 0 : c,
        cRow,
        width,
        channels,
      );
    }
  }
}

/**
 * Turns a filter [height, width, channels, outputs] by half a turn and exchanges its last two axes.
 */
export function flipFilter(
  filter: usize,
  to: usize,
  height: i32,
  width: i32,
  channels: i32,
  outputs: i32,
): void {
  const places = height * width,
    size = channels * outputs;
  for (let place = 0; place < places; place++) {
    // The place that half a turn puts here. Within a place, outputs and channels change roles.
    const from = filter + bytes((places - 1 - place) * size),
      into = to + bytes(place * size);
    for (let i = 0; i < channels; i++) {
      for (let o = 0; o < outputs; o++)
        f32.store(into + bytes(o * channels + i), f32.load(from + bytes(i * outputs + o)));
    }
  }
}

/**
 * Puts images [height, width, channels] into larger ones, [toHeight, toWidth, channels], which are
 * zero elsewhere. Row i goes to row top + i · stepY, and pixel j to pixel left + j · stepX.
 */
export function placeImages(
  from: usize,
  to: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  toHeight: i32,
  toWidth: i32,
  top: i32,
  left: i32,
  stepY: i32,
  stepX: i32,
): void {
  memory.fill(to, 0, bytes(images * toHeight * toWidth * channels));
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < height; row++) {
      const source = from + bytes((image * height + row) * width * channels);
      const target =
        to + bytes(((image * toHeight + top + row * stepY) * toWidth + left) * channels);
      // Without a step between pixels, a whole row moves at once.
      if (stepX == 1) memory.copy(target, source, bytes(width * channels));
      else
        for (let i = 0; i < width; i++)
          memory.copy(
            target + bytes(i * stepX * channels),
            source + bytes(i * channels),
            bytes(channels),
          );
    }
  }
}

/**
 * Copies the window of size [toHeight, toWidth] at (top, left) of images [height, width, channels].
 */
export function cropImages(
  from: usize,
  to: usize,
  images: i32,
  height: i32,
  width: i32,
  channels: i32,
  toHeight: i32,
  toWidth: i32,
  top: i32,
  left: i32,
): void {
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < toHeight; row++) {
      memory.copy(
        to + bytes((image * toHeight + row) * toWidth * channels),
        from + bytes(((image * height + top + row) * width + left) * channels),
        bytes(toWidth * channels),
      );
    }
  }
}
