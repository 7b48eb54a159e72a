// Reads the values of a tfjs model's weights. `tfjs-model.ts` has read the manifest that says where
// they are.
import { concatBytes } from "../bytes/encoding.ts";
import { TributaryError } from "../errors.ts";
import { copyFloat32, firstNonFinite } from "../bytes/float32-bytes.ts";
import { layoutOf } from "./parameter-layout.ts";
import type { TfjsModel, TfjsWeight, TfjsWeightGroup } from "./tfjs-model.ts";
import { shapeSize } from "./shape-size.ts";

/**
 * Reads the weights of a tfjs model into one flat vector, and undoes quantization as tfjs does.
 * @param model - What `parseTfjsModel` gave.
 * @param files - The bytes of each file that the groups name, by its path as the manifest writes
 * it; not modified.
 * @returns New Float32, shape [layoutOf(description.parameters).size].
 * @throws TributaryError `DATA_UNREADABLE` when a file is missing or has the wrong length;
 * `MODEL_UNSUPPORTED` when a value is not finite.
 */
export function readTfjsWeights(
  { description, groups }: TfjsModel,
  files: ReadonlyMap<string, Uint8Array>,
): Float32Array {
  const layout = layoutOf(description.parameters);
  const values = new Float32Array(layout.size);
  const places = new Map(layout.parameters.map((parameter) => [parameter.name, parameter]));
  // The weights of a group follow one another in its bytes, without gaps.
  for (const group of groups) {
    const bytes = groupBytes(group, files);
    let position = 0;
    for (const weight of group.weights) {
      const length = storedLength(weight);
      // State of an optimizer takes up bytes, but is no parameter.
      const place = weight.isState ? undefined : places.get(weight.name);
      if (place !== undefined) {
        const target = values.subarray(place.offset, place.offset + place.size);
        readWeight(weight, bytes.subarray(position, position + length), target);
        if (firstNonFinite(target) >= 0) {
          throw new TributaryError(
            "MODEL_UNSUPPORTED",
            `The weight ${weight.name.slice(0, 120)} holds a value that is not finite`,
            { remedy: "Export the model from a checkpoint that did not diverge." },
          );
        }
      }
      position += length;
    }
  }
  return values;
}

/** The bytes of a group: its files joined in order, after a check of their length. */
function groupBytes(group: TfjsWeightGroup, files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const shards = group.paths.map((path) => {
    const bytes = files.get(path);
    if (bytes === undefined) {
      throw new TributaryError("DATA_UNREADABLE", `The model's weight file ${path} is missing`, {
        remedy: "Put it beside model.json.",
        context: { path },
      });
    }
    return bytes;
  });
  // Most groups have one file, which then needs no copy.
  const [only] = shards;
  const bytes = shards.length === 1 && only !== undefined ? only : concatBytes(...shards);
  // A weight must not be read from beyond its file, nor bytes be left over.
  const needed = group.weights.reduce((sum, weight) => sum + storedLength(weight), 0);
  if (bytes.length !== needed) {
    const paths = group.paths.join(", ").slice(0, 200);
    throw new TributaryError(
      "DATA_UNREADABLE",
      `The model's weight files ${paths} have ${bytes.length} bytes, and model.json describes ${needed}`,
      { remedy: "Copy all files of the model again, from one version.", context: { paths } },
    );
  }
  return bytes;
}

/** Length of a weight in its file, in bytes. An int32 of an optimizer is as long as a float32. */
function storedLength({ shape, quantization }: TfjsWeight): number {
  const width = { uint8: 1, uint16: 2, float16: 2, float32: 4 }[quantization?.dtype ?? "float32"];
  return width * shapeSize(shape);
}

/** Reads one weight into `target`, which is overwritten. */
function readWeight({ quantization }: TfjsWeight, bytes: Uint8Array, target: Float32Array): void {
  if (quantization === undefined) {
    copyFloat32(bytes, target);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < target.length; i++) {
    switch (quantization.dtype) {
      case "float16":
        target[i] = float16(view.getUint16(2 * i, true));
        break;
      case "uint16":
        target[i] = view.getUint16(2 * i, true) * quantization.scale + quantization.min;
        break;
      case "uint8":
        target[i] = view.getUint8(i) * quantization.scale + quantization.min;
        break;
    }
  }
}

/** The value of a number in half precision (binary16, IEEE 754-2019 §3.6). */
function float16(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  // Zeros and subnormal numbers, whose fraction has no leading 1.
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
