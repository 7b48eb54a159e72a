import { access } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Examples } from "@tributary/client-sdk";
import { TributaryError } from "@tributary/protocol";
import type { Dataset } from "./dataset.ts";
import { readIdx } from "./idx.ts";

/**
 * The four files of MNIST, and of data sets that are made in its form. Each may have the ending
 * `.gz`.
 */
export const MNIST_FILES = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const;

/**
 * Loads MNIST, Fashion-MNIST or another data set of the same four files, compressed with gzip or
 * not.
 * @param folder - The folder with the files. Its name becomes the name of the data set.
 * @returns Features are grey values in [0, 1], shape [height, width, 1]; labels are class indices.
 * @throws TributaryError `DATA_UNREADABLE`; the message names the file and what is wrong with it.
 */
export async function loadMnist(folder: string): Promise<Dataset> {
  const [train, test] = await Promise.all([
    loadPart(folder, MNIST_FILES.trainImages, MNIST_FILES.trainLabels),
    loadPart(folder, MNIST_FILES.testImages, MNIST_FILES.testLabels),
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
  const name = basename(resolve(folder));
  return { name, train, test, classCount: Math.max(classesIn(train), classesIn(test)) };
}

/**
 * Finds a file that may have the ending `.gz`.
 * @returns Its path; undefined when there is neither.
 */
export async function findMnistFile(folder: string, name: string): Promise<string | undefined> {
  for (const candidate of [name, `${name}.gz`]) {
    const path = join(folder, candidate);
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

/** Loads the images and labels of one part, training or test. */
async function loadPart(folder: string, imageName: string, labelName: string): Promise<Examples> {
  const imageFile = await requireFile(folder, imageName);
  const labelFile = await requireFile(folder, labelName);
  const [images, labels] = await Promise.all([readIdx(imageFile, 3), readIdx(labelFile, 1)]);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.shape[0] !== count) {
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${labelFile} has ${labels.shape[0]} labels, but ${imageFile} has ${count} images`,
      { remedy: "Download both files from the same place.", context: { file: labelFile } },
    );
  }
  const features = new Float32Array(images.values.length);
  for (let i = 0; i < features.length; i++) features[i] = images.values[i]! / 255;
  return {
    features,
    featureShape: [height, width, 1],
    labels: Int32Array.from(labels.values),
    labelShape: [],
    count,
  };
}

async function requireFile(folder: string, name: string): Promise<string> {
  const path = await findMnistFile(folder, name);
  if (path !== undefined) return path;
  throw new TributaryError("DATA_UNREADABLE", `${folder} has no file ${name}.gz or ${name}`, {
    remedy: `Put ${Object.values(MNIST_FILES).join(", ")} there, each with or without .gz.`,
    context: { file: join(folder, name) },
  });
}

/** The number of classes: one more than the largest label. */
function classesIn({ labels }: Examples): number {
  let most = 0;
  for (const label of labels) most = Math.max(most, label + 1);
  return most;
}
