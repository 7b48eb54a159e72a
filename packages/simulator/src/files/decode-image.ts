import { convertIndexedToRgb, decode as decodePng, hasPngSignature } from "fast-png";
import jpeg from "jpeg-js";
import { messageOf, unreadable } from "./unreadable.ts";

/** An image as rows of pixels. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** 1 for grey images, 3 for coloured ones. */
  readonly channels: number;
  /** Values from 0 to `most`, shape [height, width, channels]. */
  readonly values: Uint8Array | Uint8ClampedArray | Uint16Array;
  /** The value of full brightness. */
  readonly most: number;
}

/** The largest JPEG that is decoded: a small file can announce a very large image. */
const JPEG_LIMITS = { maxResolutionInMP: 16, maxMemoryUsageInMB: 256 };

/**
 * Decodes a PNG or JPEG image, whichever its first bytes show.
 * @throws TributaryError `DATA_UNREADABLE` when it is neither, is broken, or has see-through pixels.
 */
export function decodeImage(bytes: Uint8Array, file: string): DecodedImage {
  try {
    if (hasPngSignature(bytes)) return fromPng(bytes, file);
    const { width, height, data } = jpeg.decode(bytes, {
      ...{ useTArray: true, formatAsRGBA: false },
      ...JPEG_LIMITS,
    });
    return { width, height, channels: 3, values: data, most: 255 };
  } catch (error) {
    throw unreadable(file, `is no image that can be decoded (${messageOf(error)})`, {
      remedy: "Save it again as PNG, with 8 bits for each colour and without transparency.",
      cause: error,
    });
  }
}

function fromPng(bytes: Uint8Array, file: string): DecodedImage {
  const png = decodePng(bytes);
  const { width, height } = png;
  if (png.palette !== undefined) {
    const values = convertIndexedToRgb(png);
    const channels = values.length / (width * height);
    return withoutAlpha({ width, height, channels, values, most: 255 }, file);
  }
  if (png.depth < 8) throw new Error(`its colours have ${png.depth} bits`);
  const most = 2 ** png.depth - 1;
  return withoutAlpha({ width, height, channels: png.channels, values: png.data, most }, file);
}

/** The image without its alpha channel, which must hide nothing. */
function withoutAlpha(image: DecodedImage, file: string): DecodedImage {
  const { channels, values, most } = image;
  if (channels % 2 === 1) return image;
  const colours = channels - 1;
  if (values.some((value, at) => at % channels === colours && value !== most)) {
    throw new Error(`${file} has see-through pixels`);
  }
  return {
    ...image,
    channels: colours,
    values: values.filter((_, at) => at % channels !== colours),
  };
}
