import { TributaryError } from "@tributary/protocol";
import { invalidExample, noExamples } from "../example-faults.ts";
import type { Examples } from "../examples.ts";

/** An image with its class index or value. */
export interface LabelledImage {
  /** Pixels, or what a canvas can draw: an image element, a canvas, a frame of a video. */
  readonly image: ImageData | CanvasImageSource;
  readonly label: number;
}

/** The form of the examples that images become. */
export interface ImageForm {
  readonly width: number;
  readonly height: number;
  /** 1 for grey (ITU-R BT.601), 3 for red, green and blue. */
  readonly channels: 1 | 3;
}

/**
 * Makes examples of images: features from 0 to 1 in 255ths, shape [height, width, channels]. Images of
 * another size are scaled by the browser. What is transparent is black.
 * @param given - Not modified. Pixels are taken anywhere; elements and canvases in pages and workers.
 * @throws TributaryError `EXAMPLES_INVALID` when there are none, pixels are of another size, or the
 *   page may not read an image since it is from another origin; `BAD_PARAMETER` where nothing can draw.
 */
export function fromImages(
  given: readonly LabelledImage[],
  { width, height, channels }: ImageForm,
): Examples {
  if (given.length === 0) throw noExamples();
  const size = width * height;
  const features = new Float32Array(given.length * size * channels);
  const draw = drawing(width, height);
  given.forEach(({ image, label }, index) => {
    if (!Number.isFinite(label))
      throw invalidExample(index, "has a label that is not a finite number");
    const { data } = "data" in image ? sized(image, width, height, index) : draw(image, index);
    const into = features.subarray(index * size * channels, (index + 1) * size * channels);
    for (let pixel = 0; pixel < size; pixel++) {
      const [red, green, blue, alpha] = data.subarray(4 * pixel, 4 * pixel + 4);
      const opacity = alpha! / 255;
      const colours = [red!, green!, blue!].map((value) => Math.round(value * opacity));
      if (channels === 3)
        into.set(
          colours.map((value) => value / 255),
          3 * pixel,
        );
      else into[pixel] = greyOf(colours) / 255;
    }
  });
  return {
    features,
    featureShape: [height, width, channels],
    labels: labelsOf(given),
    labelShape: [],
    count: given.length,
  };
}

/** A whole number from 0 to 255, as the colours are. */
const greyOf = ([red, green, blue]: readonly number[]): number =>
  Math.round(0.299 * red! + 0.587 * green! + 0.114 * blue!);

function labelsOf(given: readonly LabelledImage[]): Int32Array | Float32Array {
  const labels = given.map(({ label }) => label);
  return labels.every((label) => Number.isInteger(label))
    ? Int32Array.from(labels)
    : Float32Array.from(labels);
}

function sized(image: ImageData, width: number, height: number, index: number): ImageData {
  if (image.width === width && image.height === height) return image;
  throw invalidExample(
    index,
    `has ${image.width} × ${image.height} pixels, where ${width} × ${height} are asked for`,
  );
}

/** Makes the function that draws an image in this size and reads its pixels. */
function drawing(
  width: number,
  height: number,
): (image: CanvasImageSource, index: number) => ImageData {
  let context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D | null | undefined;
  return (image, index) => {
    context ??= canvas(width, height)?.getContext("2d", { willReadFrequently: true });
    if (context === undefined || context === null) {
      throw new TributaryError("BAD_PARAMETER", "Nothing here can draw images", {
        remedy: "Give pixels (ImageData), or make the examples in a page or a worker.",
      });
    }
    context.clearRect(0, 0, width, height);
    try {
      context.drawImage(image, 0, 0, width, height);
      return context.getImageData(0, 0, width, height);
    } catch (error) {
      throw new TributaryError("EXAMPLES_INVALID", `Image ${index} cannot be read`, {
        remedy: "Wait until it is loaded, and load it from this origin or with `crossorigin`.",
        cause: error,
      });
    }
  };
}

function canvas(width: number, height: number): OffscreenCanvas | HTMLCanvasElement | undefined {
  if (globalThis.OffscreenCanvas !== undefined) return new OffscreenCanvas(width, height);
  if (globalThis.document === undefined) return undefined;
  return Object.assign(document.createElement("canvas"), { width, height });
}
