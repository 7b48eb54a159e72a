import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, rmdir, stat, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { TributaryError } from "@tributary/protocol";
import { messageOf } from "../files/unreadable.ts";

/** What is published of the bytes of a file. */
export interface FileFacts {
  /** The length of the file, bytes. */
  readonly byteLength: number;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
}

/** Whether a file is present and has exactly these bytes. It is read piece by piece. */
export async function hasBytes(path: string, { byteLength, sha256 }: FileFacts): Promise<boolean> {
  try {
    if ((await stat(path)).size !== byteLength) return false;
    const hash = createHash("sha256");
    for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
    return hash.digest("hex") === sha256;
  } catch {
    return false;
  }
}

/**
 * A file that is written piece by piece under a temporary name, and gets its own name only once it is
 * whole and right. All methods reject with `DATA_UNREADABLE` when the disk does not take it.
 */
export class PartFile {
  readonly #path: string;
  readonly #partial: string;
  readonly #handle: FileHandle;
  readonly #madeFolder: boolean;
  readonly #hash = createHash("sha256");
  #length = 0;

  private constructor(path: string, partial: string, handle: FileHandle, madeFolder: boolean) {
    this.#path = path;
    this.#partial = partial;
    this.#handle = handle;
    this.#madeFolder = madeFolder;
  }

  static async create(path: string): Promise<PartFile> {
    const partial = `${path}.${randomUUID()}.part`;
    return onDisk(path, async () => {
      const made = await mkdir(dirname(path), { recursive: true });
      return new PartFile(path, partial, await open(partial, "wx"), made !== undefined);
    });
  }

  /** How many bytes have been written. */
  get length(): number {
    return this.#length;
  }

  async write(piece: Uint8Array): Promise<void> {
    await onDisk(this.#path, () => this.#handle.writeFile(piece));
    this.#hash.update(piece);
    this.#length += piece.length;
  }

  /** Ends the file. @throws Error when its bytes are not the published ones. */
  async finish({ byteLength, sha256 }: FileFacts): Promise<void> {
    if (this.#length < byteLength) {
      throw new Error(`only ${this.#length} of ${byteLength} bytes arrived`);
    }
    if (this.#hash.digest("hex") !== sha256) {
      throw new Error("the file differs from the published one");
    }
    await onDisk(this.#path, async () => {
      await this.#handle.sync();
      await this.#handle.close();
      await rename(this.#partial, this.#path);
    });
  }

  /** Removes what was written. After `finish` it has no effect. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
    await rm(this.#partial, { force: true }).catch(() => undefined);
    // An empty folder would look as if the data were there. A folder with files is not removed.
    if (this.#madeFolder) await rmdir(dirname(this.#path)).catch(() => undefined);
  }
}

async function onDisk<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw new TributaryError("DATA_UNREADABLE", `${path} cannot be written (${messageOf(error)})`, {
      remedy: "Give a folder that you may write to, on a disk with enough free space.",
      context: { file: path },
      cause: error,
    });
  }
}
