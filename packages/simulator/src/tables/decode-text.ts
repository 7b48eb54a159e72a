import { advise, setting } from "../files/advice.ts";
import { messageOf, unreadable } from "../files/unreadable.ts";

/** Marks at the beginning of a file that say its encoding. */
const MARKS: readonly (readonly [encoding: string, bytes: readonly number[]])[] = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/** How files begin that are no text, and what to do with them. */
const OTHER_FORMS: readonly (readonly [bytes: string, what: string, remedy: string])[] = [
  ["PK\u0003\u0004", "is a spreadsheet or a zip archive", "Save it as CSV, or unpack it."],
  ["\u00d0\u00cf\u0011\u00e0", "is a spreadsheet", "Save it as CSV."],
  ["BZh", "is compressed with bzip2", "Unpack it, or compress it with gzip."],
  ["\u00fd7zXZ", "is compressed with xz", "Unpack it, or compress it with gzip."],
  ["(\u00b5/\u00fd", "is compressed with zstd", "Unpack it, or compress it with gzip."],
  ["\u00ff\u00fe\u0000\u0000", "is UTF-32", "Save it as UTF-8."],
  ["\u0000\u0000\u00fe\u00ff", "is UTF-32", "Save it as UTF-8."],
  [
    "version https://git-lfs",
    "is a pointer of Git LFS and no data",
    "Fetch the file: git lfs pull.",
  ],
  ["<!DOCTYPE", "is a web page", "Download the table that it shows or tells of."],
  ["<html", "is a web page", "Download the table that it shows or tells of."],
  ["@relation", "is in the form ARFF", "Save it as CSV."],
  ["@RELATION", "is in the form ARFF", "Save it as CSV."],
  ['[{"', "is JSON", "Save it as CSV."],
  ['{"', "is JSON", "Save it as CSV."],
];

/**
 * Decodes the bytes of a text file.
 * @param encoding - Left out: what a mark at the beginning says, else UTF-8.
 * @throws TributaryError `DATA_UNREADABLE` when the bytes are of another form or encoding.
 */
export function decodeText(
  bytes: Uint8Array,
  file: string,
  encoding?: string,
): { readonly text: string; readonly encoding: string } {
  refuseOtherForms(bytes, file);
  const marked = MARKS.find(([, mark]) => mark.every((byte, index) => bytes[index] === byte))?.[0];
  const decoder = decoderFor(encoding ?? marked ?? "utf-8", file);
  if (!decoder.encoding.startsWith("utf-16") && bytes.includes(0)) {
    throw unreadable(file, "has zero bytes", {
      remedy: advise`Give a text file. If its encoding is UTF-16, say so with ${setting("encoding", "utf-16le")}.`,
      line: lineAt(bytes, bytes.indexOf(0)),
    });
  }
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (error) {
    throw unreadable(file, `has bytes that are not ${decoder.encoding.toUpperCase()}`, {
      remedy: advise`Save it as UTF-8, or say which encoding it has, such as ${setting("encoding", "latin1")} for old files of Western Europe.`,
      line: lineAt(bytes, lengthOfValidPart(bytes, decoder.encoding)),
      cause: error,
    });
  }
  if (!text.includes("\0")) return { text, encoding: decoder.encoding };
  throw unreadable(file, "has characters that are zero", {
    remedy: advise`Give a text file, or say with ${setting("encoding")} which encoding it has.`,
    line: text.slice(0, text.indexOf("\0")).split("\n").length,
  });
}

function refuseOtherForms(bytes: Uint8Array, file: string): void {
  const start = String.fromCharCode(...bytes.subarray(0, 32));
  const form = OTHER_FORMS.find(([beginning]) => start.startsWith(beginning));
  if (form !== undefined) throw unreadable(file, form[1], { remedy: form[2] });
}

function decoderFor(encoding: string, file: string): TextDecoder {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (error) {
    throw unreadable(file, `cannot be read as ${encoding.slice(0, 40)} (${messageOf(error)})`, {
      remedy: "Use utf-8, utf-16le, utf-16be, latin1 or another name of an encoding.",
      cause: error,
    });
  }
}

/** How many bytes at the beginning are valid text. */
function lengthOfValidPart(bytes: Uint8Array, encoding: string): number {
  let valid = 0;
  let beyond = bytes.length;
  // Whether a beginning of the text is valid can be asked for any length, but for a character cut
  // in two, which streaming leaves open.
  while (valid + 1 < beyond) {
    const middle = (valid + beyond) >> 1;
    try {
      new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, middle), {
        stream: true,
      });
      valid = middle;
    } catch {
      beyond = middle;
    }
  }
  return valid;
}

/** The line in which a byte stands, counted from 1. */
function lineAt(bytes: Uint8Array, position: number): number {
  let line = 1;
  for (let at = 0; at < position; at++) if (bytes[at] === 0x0a) line += 1;
  return line;
}
