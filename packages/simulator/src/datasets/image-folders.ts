import { readFile, readdir } from "node:fs/promises";
import { basename, extname, join, resolve } from "node:path";
import { holdOut, takeExamples, type Examples } from "@tributary/client-sdk";
import type { DecodedImage } from "../files/decode-image.ts";
import { unreadable } from "../files/unreadable.ts";
import type { Dataset } from "./dataset.ts";

/** The endings of images. */
const ENDINGS: readonly string[] = [".png", ".jpg", ".jpeg"];

/** The share of images that is held out, unless the folder keeps them apart. */
const TEST_SHARE = 0.2;

/** Whether a folder has a folder of images for each class, maybe below `train` and `test`. */
export async function hasImageFolders(folder: string): Promise<boolean> {
  const classes = await foldersIn(folder);
  const first = classes.includes("train") ? join(folder, "train") : folder;
  const [inside] = await foldersIn(first);
  return inside !== undefined && (await imagesIn(join(first, inside))).length > 0;
}

/**
 * Loads images from a folder that has a folder for each class, in alphabetical order, maybe below
 * `train` and `test`. Otherwise every fifth image is held out.
 * @returns Features are values in [0, 1], shape [height, width, channels]: one channel if all images
 *   are grey. Labels are class indices, and the classes have names.
 * @throws TributaryError `DATA_UNREADABLE` when an image cannot be decoded or has another size than
 *   the first; the message names the file.
 */
export async function loadImageFolders(folder: string): Promise<Dataset> {
  const found = await foldersIn(folder);
  const name = basename(resolve(folder));
  if (found.includes("train") && found.includes("test")) {
    const classNames = await foldersIn(join(folder, "train"));
    const other = (await foldersIn(join(folder, "test"))).find((one) => !classNames.includes(one));
    if (other !== undefined) {
      throw unreadable(join(folder, "test"), `has the class ${other}, which train does not have`, {
        remedy: "Give both the same classes.",
      });
    }
    const train = await loadClasses(join(folder, "train"), classNames);
    const test = await loadClasses(join(folder, "test"), classNames);
    if (train.length === 0 || test.length === 0) throw lacking(folder);
    const all = examplesOf([...train, ...test], classNames);
    const indices = Array.from({ length: all.count }, (_, index) => index);
    return {
      name,
      train: takeExamples(all, indices.slice(0, train.length)),
      test: takeExamples(all, indices.slice(train.length)),
      classCount: classNames.length,
    };
  }
  const images = await loadClasses(folder, found);
  if (images.length < 2) throw lacking(folder);
  const { train, heldOut } = holdOut(examplesOf(images, found), TEST_SHARE);
  return { name, train, test: heldOut, classCount: found.length };
}

interface LabelledImage extends DecodedImage {
  readonly file: string;
  readonly label: number;
}

async function loadClasses(
  folder: string,
  classNames: readonly string[],
): Promise<LabelledImage[]> {
  // Loaded only here, so that commands without images start faster.
  const { decodeImage } = await import("../files/decode-image.ts");
  const images: LabelledImage[] = [];
  for (const [label, className] of classNames.entries()) {
    for (const image of await imagesIn(join(folder, className))) {
      const file = join(folder, className, image);
      images.push({ file, label, ...decodeImage(await readFile(file), file) });
    }
  }
  return images;
}

function examplesOf(images: readonly LabelledImage[], classNames: readonly string[]): Examples {
  const { width, height } = images[0]!;
  const odd = images.find((image) => image.width !== width || image.height !== height);
  if (odd !== undefined) {
    throw unreadable(
      odd.file,
      `has ${odd.width} × ${odd.height} pixels, not ${width} × ${height}`,
      {
        remedy: "Give all images the same size.",
      },
    );
  }
  const channels = images.every(isGrey) ? 1 : 3;
  const size = width * height * channels;
  const features = new Float32Array(images.length * size);
  for (const [index, image] of images.entries()) {
    for (let i = 0; i < size; i++) {
      const pixel = Math.floor(i / channels);
      const colour = image.channels === 1 ? 0 : i % channels;
      features[index * size + i] = image.values[pixel * image.channels + colour]! / image.most;
    }
  }
  return {
    features,
    featureShape: [height, width, channels],
    labels: Int32Array.from(images, ({ label }) => label),
    labelShape: [],
    classNames,
    count: images.length,
  };
}

/** Whether all colours of each pixel are the same. */
function isGrey({ channels, values }: DecodedImage): boolean {
  return channels === 1 || values.every((value, at) => value === values[at - (at % channels)]);
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
}

async function imagesIn(folder: string): Promise<string[]> {
  // A class may have no images for testing, and then no folder either.
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => ENDINGS.includes(extname(name).toLowerCase())).sort();
}

const lacking = (folder: string): Error =>
  unreadable(folder, "has too few images", { remedy: `Give images as ${ENDINGS.join(", ")}.` });
