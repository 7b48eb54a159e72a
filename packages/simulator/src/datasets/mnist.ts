import { basename, join, resolve } from "node:path";
import type { Examples } from "@tributary/client-sdk";
import { TributaryError } from "@tributary/protocol";
import { unreadable } from "../files/unreadable.ts";
import type { Dataset } from "./dataset.ts";
import { openImageSource, type ImageSource } from "./image-source.ts";
import { readIdx } from "./idx.ts";
import { MNIST_FILES, findImageFiles, type ImageFiles } from "./image-files.ts";

/**
 * Loads MNIST, Fashion-MNIST, a data set of EMNIST, or another one of the same four files,
 * compressed with gzip or not, or EMNIST in its archive.
 * @param folder - The folder with the files. Its name becomes the name of the data set.
 * @param prefix - What the names of the files begin with, such as `emnist-letters`. It is needed
 *   only where a folder has several data sets, and becomes the name.
 * @returns Features are values in [0, 1] if the files hold bytes, and else the values themselves;
 *   their shape is [height, width, channels]. Labels are class indices.
 * @throws TributaryError `DATA_UNREADABLE`; the message names the file and what is wrong with it.
 */
export async function loadMnist(folder: string, prefix?: string): Promise<Dataset> {
  const source = await openImageSource(folder);
  try {
    return await loadFrom(source, folder, prefix);
  } finally {
    source.close();
  }
}

async function loadFrom(
  source: ImageSource,
  folder: string,
  prefix: string | undefined,
): Promise<Dataset> {
  const files = chooseFiles(source.names, folder, prefix);
  const part = { source, folder, prefix: files.prefix };
  const [train, test] = await Promise.all([
    loadPart(part, files.trainImages, files.trainLabels, MNIST_FILES.slice(0, 2)),
    loadPart(part, files.testImages, files.testLabels, MNIST_FILES.slice(2)),
  ]);
  if (train.featureShape.join() !== test.featureShape.join()) {
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${folder} has training and test images of different sizes`,
      {
        remedy: "Keep each data set in a folder of its own.",
      },
    );
  }
  const name = files.prefix === "" ? basename(resolve(folder)) : files.prefix;
  return { name, train, test, classCount: Math.max(classesIn(train), classesIn(test)) };
}

function chooseFiles(
  names: readonly string[],
  folder: string,
  prefix: string | undefined,
): ImageFiles {
  const sets = findImageFiles(names);
  const chosen = prefix === undefined ? sets : sets.filter((files) => files.prefix === prefix);
  if (chosen.length === 1) return chosen[0]!;
  if (chosen.length === 0) throw lacks(folder, MNIST_FILES[0]!);
  const prefixes = chosen.map((files) => (files.prefix === "" ? "MNIST itself" : files.prefix));
  throw unreadable(folder, `has several data sets: ${prefixes.join(", ")}`, {
    remedy: `Put the name of one behind the folder, such as ${join(folder, chosen.at(-1)!.prefix)}.`,
  });
}

/** Where the files of a data set are, and what their names begin with. */
interface Place extends Pick<ImageFiles, "prefix"> {
  readonly source: ImageSource;
  readonly folder: string;
}

/** Loads the images and labels of one part, training or test. */
async function loadPart(
  { source, folder, prefix }: Place,
  imageName: string | undefined,
  labelName: string | undefined,
  usual: readonly string[],
): Promise<Examples> {
  if (imageName === undefined) throw lacks(folder, usual[0]!);
  if (labelName === undefined) throw lacks(folder, usual[1]!);
  const [imageFile, labelFile] = [join(folder, imageName), join(folder, labelName)];
  const [images, labels] = await Promise.all([
    source.read(imageName).then((bytes) => readIdx(bytes, imageFile, [3, 4])),
    source.read(labelName).then((bytes) => readIdx(bytes, labelFile, [1])),
  ]);
  const [count = 0, height = 0, width = 0, channels = 1] = images.shape;
  if (labels.shape[0] !== count) {
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${labelFile} has ${labels.shape[0]} labels, but ${imageFile} has ${count} images`,
      { remedy: "Download both files from the same place.", context: { file: labelFile } },
    );
  }
  // Every image of EMNIST is stored column by column, and its letters are numbered from 1.
  const isOfEmnist = prefix.startsWith("emnist");
  const first = prefix === "emnist-letters" ? 1 : 0;
  const scale = images.values instanceof Uint8Array ? 255 : 1;
  const features = new Float32Array(images.values.length);
  for (let i = 0; i < features.length; i++) {
    const at = isOfEmnist ? transposed(i, height, width, channels) : i;
    features[at] = images.values[i]! / scale;
  }
  return {
    features,
    featureShape: isOfEmnist ? [width, height, channels] : [height, width, channels],
    labels: Int32Array.from(labels.values, (label) => label - first),
    labelShape: [],
    count,
  };
}

/** Where a value of an image goes when rows become columns. */
function transposed(index: number, height: number, width: number, channels: number): number {
  const size = height * width * channels;
  const image = Math.floor(index / size);
  const channel = index % channels;
  const place = Math.floor((index % size) / channels);
  const [row, column] = [Math.floor(place / width), place % width];
  return image * size + (column * height + row) * channels + channel;
}

function lacks(folder: string, name: string): TributaryError {
  return new TributaryError("DATA_UNREADABLE", `${folder} has no file ${name}.gz or ${name}`, {
    remedy: `Put ${MNIST_FILES.join(", ")} there, each with or without .gz; names may begin with that of the data set.`,
    context: { file: join(folder, name) },
  });
}

/** The number of classes: one more than the largest label. */
function classesIn({ labels }: Examples): number {
  let most = 0;
  for (const label of labels) most = Math.max(most, label + 1);
  return most;
}
