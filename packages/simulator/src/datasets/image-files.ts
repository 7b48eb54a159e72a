/** The four files of an image data set in MNIST's form, and what their names begin with. */
export interface ImageFiles {
  /** Empty for MNIST itself; `emnist-letters` for one of the data sets of EMNIST. */
  readonly prefix: string;
  readonly trainImages: string | undefined;
  readonly trainLabels: string | undefined;
  readonly testImages: string | undefined;
  readonly testLabels: string | undefined;
}

/** The names of MNIST's own files. Each may have the ending `.gz`. */
export const MNIST_FILES: readonly string[] = [
  "train-images-idx3-ubyte",
  "train-labels-idx1-ubyte",
  "t10k-images-idx3-ubyte",
  "t10k-labels-idx1-ubyte",
];

/** `emnist-letters-train-images-idx3-ubyte.gz`, `t10k-labels.idx1-ubyte` and their like. */
const NAME =
  /^(?:(?<prefix>.+)-)?(?<part>train|test|t10k)[-.](?<what>images|labels)[-.]idx\d(?:-[a-z0-9]+)?(?:\.gz)?$/;

/**
 * Finds the image data sets among the files of a folder.
 * @returns One entry for each prefix, in alphabetical order. Files that are not there are undefined.
 */
export function findImageFiles(names: readonly string[]): ImageFiles[] {
  const sets = new Map<string, Map<string, string>>();
  // Of a file and its archive the file comes last, and counts.
  for (const name of names.toSorted((a, b) => b.length - a.length)) {
    const { prefix = "", part, what } = NAME.exec(name)?.groups ?? {};
    if (part === undefined) continue;
    const files = sets.get(prefix) ?? new Map<string, string>();
    sets.set(prefix, files.set(`${part === "train" ? part : "test"} ${what}`, name));
  }
  return [...sets.keys()].sort().map((prefix) => {
    const files = sets.get(prefix)!;
    return {
      prefix,
      trainImages: files.get("train images"),
      trainLabels: files.get("train labels"),
      testImages: files.get("test images"),
      testLabels: files.get("test labels"),
    };
  });
}
