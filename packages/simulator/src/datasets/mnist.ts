import { access } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Examples } from "@tributary/client-sdk";
import { TributaryError } from "@tributary/protocol";
import type { Dataset } from "./dataset.ts";
import { readIdx } from "./idx.ts";

/** The four files of MNIST and of the sets made after it, without the ending `.gz` that each may have. */
export const MNIST_FILES = {
  trainImages: "train-images-idx3-ubyte",
  trainLabels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
} as const;

/**
 * Loads MNIST, Fashion-MNIST or another set of the same four files, plain or gzip.
 * @param folder - Where the files are; its name becomes the set's.
 * @returns Features are grey values in [0, 1], shape [height, width, 1]; labels are the classes.
 * @throws TributaryError `DATA_UNREADABLE` naming the file and what is wrong with it.
 */
export async function loadMnist(folder: string): Promise<Dataset> {
  const [train, test] = await Promise.all([
    loadPart(folder, MNIST_FILES.trainImages, MNIST_FILES.trainLabels),
    loadPart(folder, MNIST_FILES.testImages, MNIST_FILES.testLabels),
  ]);
  if (train.featureShape.join() !== test.featureShape.join()) {
    throw new TributaryError("DATA_UNREADABLE", `${folder} has images of two sizes`, {
      remedy: "Keep each data set in a folder of its own.",
    });
  }
  const name = basename(resolve(folder));
  return { name, train, test, classCount: Math.max(classesIn(train), classesIn(test)) };
}

/** The path of a file that may have the ending `.gz`; undefined when neither is there. */
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

async function loadPart(folder: string, imageName: string, labelName: string): Promise<Examples> {
  const imageFile = await requireFile(folder, imageName);
  const labelFile = await requireFile(folder, labelName);
  const [images, labels] = await Promise.all([readIdx(imageFile, 3), readIdx(labelFile, 1)]);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.shape[0] !== count) {
    throw new TributaryError(
      "DATA_UNREADABLE",
      `${labelFile} has ${labels.shape[0]} labels for the ${count} images of ${imageFile}`,
      { remedy: "Fetch both files from one place.", context: { file: labelFile } },
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
    remedy: `Put ${Object.values(MNIST_FILES).join(", ")} there, each plain or as .gz.`,
    context: { file: join(folder, name) },
  });
}

function classesIn({ labels }: Examples): number {
  let most = 0;
  for (const label of labels) most = Math.max(most, label + 1);
  return most;
}
