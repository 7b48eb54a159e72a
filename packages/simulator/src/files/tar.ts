import { unreadable } from "./unreadable.ts";

const BLOCK = 512;

/** Where the fields of a header stand, and how long they are. */
const NAME = { at: 0, length: 100 };
const SIZE = { at: 124, length: 12 };
const TYPE_AT = 156;

/** The types of ordinary files. */
const FILE_TYPES = [0, 0x30];

/**
 * The files of a tar archive.
 * @param bytes - The archive, unpacked with gzip before; not modified.
 * @param source - The file that it is from, for errors.
 * @returns The files by their names without folders, as views of `bytes`.
 * @throws TributaryError `DATA_UNREADABLE` when the archive is broken.
 * @see POSIX.1-2017, pax, "ustar Interchange Format"
 */
export function readTar(bytes: Uint8Array, source: string): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (start: number, { at, length }: typeof NAME): string =>
    (
      new TextDecoder("latin1")
        .decode(bytes.subarray(start + at, start + at + length))
        .split("\0")[0] ?? ""
    ).trim();
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0;) {
    const size = /^[0-7]+$/.test(text(at, SIZE)) ? Number.parseInt(text(at, SIZE), 8) : -1;
    const start = at + BLOCK;
    if (size < 0 || start + size > bytes.length) {
      throw unreadable(source, "is a broken archive", { remedy: "Download the file again." });
    }
    if (FILE_TYPES.includes(bytes[at + TYPE_AT]!)) {
      files.set(text(at, NAME).replace(/^.*\//, ""), bytes.subarray(start, start + size));
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}
