import { fromImages, type Examples, type ExampleTable } from "@tributary/client-sdk";
import {
  columnsOf,
  TributaryError,
  type DataContract,
  type ImageFeature,
  type TableContract,
} from "@tributary/protocol";

/** A contract about pictures, and what it says of them. */
export interface ImageContract {
  readonly contract: TableContract;
  readonly feature: ImageFeature;
}

/** Finds what a contract says of pictures; undefined if it is about something else. */
export function imageContract(contract: DataContract | undefined): ImageContract | undefined {
  if (contract === undefined || contract.type === "text") return undefined;
  const [feature] = contract.features;
  return feature?.type === "image" ? { contract, feature } : undefined;
}

/**
 * Makes a table of pictures: a column for each value, from 0 to 255, and the label. The folder of a
 * picture names what it shows; so does its file name before the first `-` or `_`.
 * @throws TributaryError `EXAMPLES_INVALID` when the task wants no pictures, one cannot be read, or
 *   its class is not known.
 */
export async function tableOfImages(
  files: readonly File[],
  contract: DataContract | undefined,
): Promise<ExampleTable> {
  const wanted = imageContract(contract);
  if (wanted === undefined) {
    throw new TributaryError("EXAMPLES_INVALID", "This task does not learn from pictures", {
      remedy: "Give what the task asks for.",
    });
  }
  const { label } = wanted.contract;
  const pictures = files.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  const rows = [];
  for (const file of pictures) {
    const values = await pixelsOf(file, wanted.feature);
    rows.push([...values, labelOf(file, label.classes)]);
  }
  return {
    columns: [...columnsOf(wanted.feature), label.name],
    rows,
    source: files.length === 1 ? files[0]!.name : "Your pictures",
  };
}

/**
 * The values of a picture, scaled to the size that the task asks for.
 * @returns Whole numbers from 0 to 255, shape [height, width, channels].
 */
export async function pixelsOf(
  file: Blob & { readonly name?: string },
  { shape }: ImageFeature,
): Promise<readonly number[]> {
  const image = await createImageBitmap(file).catch((cause: unknown) => {
    throw new TributaryError("EXAMPLES_INVALID", `${file.name ?? "The picture"} cannot be read`, {
      remedy: "Give PNG, JPEG or WebP pictures that other programs can show.",
      cause,
    });
  });
  try {
    return valuesOf(fromImages([{ image, label: 0 }], formOf(shape)));
  } finally {
    image.close();
  }
}

const valuesOf = ({ features }: Examples): readonly number[] =>
  Array.from(features, (value) => Math.round(255 * value));

function formOf([height = 1, width = 1, channels = 1]: readonly number[]): {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
} {
  return { width, height, channels: channels === 3 ? 3 : 1 };
}

const placeOf = ({ webkitRelativePath, name }: File): string => webkitRelativePath || name;

function labelOf(file: File, classes: readonly string[] | undefined): string {
  const folder = file.webkitRelativePath.split("/").at(-2);
  const candidates = [folder, file.name.split(/[-_.]/, 1)[0]];
  const label = candidates.find((name) => name !== undefined && classes?.includes(name) !== false);
  if (label !== undefined) return label;
  throw new TributaryError("EXAMPLES_INVALID", `What ${file.name} shows is not known`, {
    remedy: `Put it into a folder named after one of ${classes?.join(", ") ?? "the classes"}, or begin its name with that and a hyphen, such as ${classes?.[0] ?? "a"}-1.png.`,
  });
}
