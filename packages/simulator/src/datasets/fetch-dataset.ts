import { join, resolve } from "node:path";
import { TributaryError, isTributaryError } from "@tributary/protocol";
import { PartFile, hasBytes } from "./part-file.ts";
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
    const isThere = await hasBytes(join(target, file.name), file);
    if (isThere) report(options, file, file.byteLength);
    if (isThere) present.push(file.name);
    else missing.push(file);
  }
  const downloaded: string[] = [];
  for (const file of missing) {
    const faults = await download(file, target, source.mirrors, options);
    if (faults.length === source.mirrors.length) {
      throw unavailable(name, target, faults, missing.slice(downloaded.length));
    }
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

/**
 * Downloads a file from the first of the mirrors that delivers its bytes.
 * @returns Why each mirror before it has failed, or all of them.
 */
async function download(
  file: RemoteFile,
  folder: string,
  mirrors: readonly string[],
  options: FetchDatasetOptions,
): Promise<string[]> {
  const faults: string[] = [];
  for (const mirror of mirrors) {
    const url = new URL(file.name, mirror);
    try {
      await downloadTo(join(folder, file.name), url, file, options);
      return faults;
    } catch (error) {
      if (options.signal?.aborted === true) {
        throw new TributaryError("ABORTED", "The download was stopped", { cause: error });
      }
      if (isTributaryError(error)) throw error;
      faults.push(`${url.href}: ${reasonOf(error)}`);
    }
  }
  return faults;
}

/** Downloads one file to disk, never more than its published length, and checks its hash. */
async function downloadTo(
  path: string,
  url: URL,
  file: RemoteFile,
  options: FetchDatasetOptions,
): Promise<void> {
  const { fetch = globalThis.fetch, signal } = options;
  const response = await fetch(url, signal === undefined ? {} : { signal });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`HTTP status ${response.status}`);
  }
  const part = await PartFile.create(path);
  try {
    const reader = response.body.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      if (part.length + value.length > file.byteLength) {
        await reader.cancel();
        throw new Error(`the file is longer than the published ${file.byteLength} bytes`);
      }
      await part.write(value);
      report(options, file, part.length);
    }
    await part.finish(file);
  } finally {
    await part.discard();
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
