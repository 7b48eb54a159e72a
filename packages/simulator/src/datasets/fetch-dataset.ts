import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { TributaryError } from "@tributary/protocol";
import {
  REMOTE_DATASETS,
  datasetNames,
  type RemoteDataset,
  type RemoteFile,
} from "./remote-datasets.ts";

/** How a data set is downloaded. */
export interface FetchDatasetOptions {
  /** The function that makes HTTP requests; default the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /** Stops the download, which then rejects with `ABORTED`. */
  readonly signal?: AbortSignal;
  /** Called whenever a piece of a file arrives, and once for each file that is present already. */
  readonly onProgress?: (progress: FetchProgress) => void;
  /**
   * The files and where to find them, in place of those of the named data set: for a mirror in
   * one's own network.
   */
  readonly source?: RemoteDataset;
}

/** How far the download of one file has come. */
export interface FetchProgress {
  /** The file's name. */
  readonly file: string;
  /** The bytes that have arrived so far. */
  readonly receivedBytes: number;
  /** The length of the file, bytes. */
  readonly totalBytes: number;
}

/** What `fetchDataset` has done. */
export interface FetchedDataset {
  /** The absolute path of the folder. */
  readonly folder: string;
  /** Names of the files that were downloaded by this call. */
  readonly downloaded: readonly string[];
  /** Names of the files that were there already, with the expected bytes. */
  readonly present: readonly string[];
}

/**
 * Downloads a data set. Files that are present with the right hash are not downloaded again, so a
 * second call continues where the first one stopped. Each file appears in the folder only when it
 * is complete.
 * @param name - One of `datasetNames`.
 * @param folder - The folder to write to. It is made if it does not exist.
 * @throws TributaryError `BAD_PARAMETER` when there is no data set of that name;
 *   `NETWORK_UNAVAILABLE` when no mirror delivers the expected bytes (the message says which files
 *   are missing and where to put them); `ABORTED`; `DATA_UNREADABLE` when the folder cannot be
 *   written to.
 */
export async function fetchDataset(
  name: string,
  folder: string,
  options: FetchDatasetOptions = {},
): Promise<FetchedDataset> {
  const source = options.source ?? remoteDataset(name);
  const target = resolve(folder);
  const present: string[] = [];
  const missing: RemoteFile[] = [];
  for (const file of source.files) {
    const isThere = await isRight(join(target, file.name), file);
    if (isThere) report(options, file, file.byteLength);
    if (isThere) present.push(file.name);
    else missing.push(file);
  }
  const downloaded: string[] = [];
  for (const file of missing) {
    const found = await download(file, source.mirrors, options);
    if ("faults" in found) {
      const left = missing.slice(downloaded.length);
      throw unavailable(name, target, found.faults, left);
    }
    await writeWhole(join(target, file.name), found.bytes);
    downloaded.push(file.name);
  }
  return { folder: target, downloaded, present };
}

function remoteDataset(name: string): RemoteDataset {
  const known = datasetNames.find((candidate) => candidate === name);
  if (known !== undefined) return REMOTE_DATASETS[known];
  throw new TributaryError(
    "BAD_PARAMETER",
    `There is no data set named ${name.slice(0, 80)} to download`,
    {
      remedy: `Use one of ${datasetNames.join(", ")}.`,
    },
  );
}

/** Whether a file is present and has the published bytes. */
async function isRight(path: string, file: RemoteFile): Promise<boolean> {
  try {
    return hasRightBytes(await readFile(path), file);
  } catch {
    return false;
  }
}

/** Whether these are exactly the published bytes. */
function hasRightBytes(bytes: Uint8Array, { byteLength, sha256 }: RemoteFile): boolean {
  return bytes.length === byteLength && createHash("sha256").update(bytes).digest("hex") === sha256;
}

/**
 * Tries one mirror after the other.
 * @returns The file's bytes, or why each mirror failed.
 */
async function download(
  file: RemoteFile,
  mirrors: readonly string[],
  options: FetchDatasetOptions,
): Promise<{ bytes: Uint8Array } | { faults: string[] }> {
  const faults: string[] = [];
  for (const mirror of mirrors) {
    const url = new URL(file.name, mirror);
    try {
      return { bytes: await downloadFrom(url, file, options) };
    } catch (error) {
      if (options.signal?.aborted === true) {
        throw new TributaryError("ABORTED", "The download was stopped", { cause: error });
      }
      faults.push(`${url.href}: ${reasonOf(error)}`);
    }
  }
  return { faults };
}

/** Downloads one file into memory, never more than its published length, and checks its hash. */
async function downloadFrom(
  url: URL,
  file: RemoteFile,
  options: FetchDatasetOptions,
): Promise<Uint8Array> {
  const { fetch = globalThis.fetch, signal } = options;
  const response = await fetch(url, signal === undefined ? {} : { signal });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`HTTP status ${response.status}`);
  }
  const bytes = new Uint8Array(file.byteLength);
  let received = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    if (received + value.length > bytes.length) {
      await reader.cancel();
      throw new Error(`the file is longer than the published ${bytes.length} bytes`);
    }
    bytes.set(value, received);
    received += value.length;
    report(options, file, received);
  }
  if (received < bytes.length) throw new Error(`only ${received} of ${bytes.length} bytes arrived`);
  if (!hasRightBytes(bytes, file)) throw new Error("the file differs from the published one");
  return bytes;
}

/** Writes a file under a temporary name and renames it once all of it is on disk. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const partial = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(partial, bytes, { flush: true });
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw new TributaryError("DATA_UNREADABLE", `${path} cannot be written (${reasonOf(error)})`, {
      remedy: "Give a folder that you may write to, on a disk with enough free space.",
      context: { file: path },
      cause: error,
    });
  }
}

function report(options: FetchDatasetOptions, file: RemoteFile, receivedBytes: number): void {
  options.onProgress?.({ file: file.name, receivedBytes, totalBytes: file.byteLength });
}

function unavailable(
  name: string,
  folder: string,
  faults: readonly string[],
  missing: readonly RemoteFile[],
): TributaryError {
  const files = missing.map((file) => file.name).join(", ");
  return new TributaryError(
    "NETWORK_UNAVAILABLE",
    `${name} cannot be downloaded (${faults.join("; ")})`,
    {
      remedy: `Without a network, get ${files} from elsewhere and put ${missing.length === 1 ? "it" : "them"} in ${folder}.`,
      context: { folder, files },
    },
  );
}

/** The reason of an error. `fetch` itself says only that it failed; the reason is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof AggregateError) return reasonOf(error.cause.errors[0]);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
