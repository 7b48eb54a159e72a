import { basename, join, resolve } from "node:path";
import type { Examples } from "@tributary/client-sdk";
import { readUnpacked } from "../files/read-unpacked.ts";
import { readTar } from "../files/tar.ts";
import { unreadable } from "../files/unreadable.ts";
import type { Dataset } from "./dataset.ts";

/** The width and height of an image in pixels, and its colours. */
const SIZE = 32;
const CHANNELS = 3;
const PLANE = SIZE * SIZE;

/** One of the two data sets in their binary version. */
interface CifarForm {
  readonly train: readonly string[];
  readonly test: string;
  /** How many bytes stand before an image; the last of them is its class. */
  readonly labels: number;
  readonly classCount: number;
}

const FORMS: readonly CifarForm[] = [
  {
    train: [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}.bin`),
    test: "test_batch.bin",
    labels: 1,
    classCount: 10,
  },
  { train: ["train.bin"], test: "test.bin", labels: 2, classCount: 100 },
];

/** The archives that the data sets are published as. */
const ARCHIVE = /^cifar-100?-binary\.tar\.gz$/;

/** Whether a folder with these files holds CIFAR-10 or CIFAR-100, in its archive or unpacked. */
export const isCifar = (names: readonly string[]): boolean =>
  formOf(names) !== undefined || names.some((name) => ARCHIVE.test(name));

/**
 * Loads the binary version of CIFAR-10, or of CIFAR-100 with its 100 fine classes.
 * @param folder - The folder with the files, or with the archive of them. Its name becomes the name
 *   of the data set.
 * @param names - The names of what is in the folder.
 * @returns Features are values in [0, 1], shape [32, 32, 3]; labels are class indices.
 * @throws TributaryError `DATA_UNREADABLE`; the message names the file and what is wrong with it.
 * @see A. Krizhevsky, "The CIFAR-10 dataset", section "Binary version". Each image is its label,
 *   and then the red, the green and the blue values, row by row.
 */
export async function loadCifar(folder: string, names: readonly string[]): Promise<Dataset> {
  const archive = names.find((name) => ARCHIVE.test(name));
  const packed =
    formOf(names) !== undefined || archive === undefined
      ? undefined
      : readTar(await readUnpacked(join(folder, archive)), join(folder, archive));
  const present = packed === undefined ? names : [...packed.keys()];
  const form = formOf(present) ?? FORMS[0]!;
  const lacking = [...form.train, form.test].find((name) => !present.includes(name));
  if (lacking !== undefined) {
    const place = packed === undefined ? folder : join(folder, archive!);
    throw unreadable(place, `has no file ${lacking}`, { remedy: "Put all files there." });
  }
  const read = async (name: string): Promise<Uint8Array> => {
    const file = join(folder, name);
    return checked(packed?.get(name) ?? (await readUnpacked(file)), file, form);
  };
  const part = async (files: readonly string[]): Promise<Examples> =>
    examplesOf(await Promise.all(files.map(read)), form);
  return {
    name: basename(resolve(folder)),
    train: await part(form.train),
    test: await part([form.test]),
    classCount: form.classCount,
  };
}

const formOf = (names: readonly string[]): CifarForm | undefined =>
  FORMS.find(({ train, test }) => names.includes(train[0]!) && names.includes(test));

/** Holds the bytes of a file to whole images of known classes. */
function checked(bytes: Uint8Array, file: string, { labels, classCount }: CifarForm): Uint8Array {
  const record = labels + CHANNELS * PLANE;
  const refuse = (fault: string): never => {
    throw unreadable(file, fault, { remedy: "Download the file again." });
  };
  if (bytes.length === 0 || bytes.length % record !== 0) {
    refuse(`has ${bytes.length} bytes, which is no multiple of the ${record} bytes of an image`);
  }
  for (let at = labels - 1; at < bytes.length; at += record) {
    if (bytes[at]! >= classCount) refuse(`has the class ${bytes[at]} of ${classCount} classes`);
  }
  return bytes;
}

function examplesOf(parts: readonly Uint8Array[], { labels: before }: CifarForm): Examples {
  const record = before + CHANNELS * PLANE;
  const count = parts.reduce((sum, bytes) => sum + bytes.length / record, 0);
  const features = new Float32Array(count * CHANNELS * PLANE);
  const labels = new Int32Array(count);
  let image = 0;
  for (const bytes of parts) {
    for (let start = 0; start < bytes.length; start += record, image++) {
      labels[image] = bytes[start + before - 1]!;
      for (let i = 0; i < CHANNELS * PLANE; i++) {
        const at = image * CHANNELS * PLANE + (i % PLANE) * CHANNELS + Math.floor(i / PLANE);
        features[at] = bytes[start + before + i]! / 255;
      }
    }
  }
  return { features, featureShape: [SIZE, SIZE, CHANNELS], labels, labelShape: [], count };
}
