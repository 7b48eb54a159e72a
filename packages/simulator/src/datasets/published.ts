import { existsSync } from "node:fs";
import { join } from "node:path";
import { TributaryError } from "@tributary/protocol";
import type { FetchableDataset } from "./remote-datasets.ts";

/** What published data sets are called in a sentence. Each can be downloaded by its name. */
const TITLES = {
  mnist: "MNIST",
  "fashion-mnist": "Fashion-MNIST",
  "cifar-10": "CIFAR-10",
  shakespeare: "The text of Shakespeare",
} as const satisfies Partial<Record<FetchableDataset, string>>;

/** A published data set that experiments name by a word. */
export type PublishedName = keyof typeof TITLES;

/** The names of the published data sets. */
export const publishedNames = Object.keys(TITLES) as readonly PublishedName[];

/** Whether a word names a published data set. */
export const isPublished = (name: string): name is PublishedName => Object.hasOwn(TITLES, name);

/**
 * Finds the folder of a published data set where `tributary data fetch` puts it, or in the folder that the
 * environment variable `TRIBUTARY_DATA` names.
 * @param option - Where the user can say that the folder is elsewhere, for the error.
 * @throws TributaryError `DATA_UNREADABLE` when it is in neither; the remedy has the command that
 *   downloads it.
 */
export function publishedFolder(name: PublishedName, option: string): string {
  const folders = [`./data/${name}`];
  const shared = process.env["TRIBUTARY_DATA"];
  if (shared !== undefined) folders.push(join(shared, name));
  const found = folders.find((folder) => existsSync(folder));
  if (found !== undefined) return found;
  throw new TributaryError("DATA_UNREADABLE", `${TITLES[name]} is not in ${folders.join(" or ")}`, {
    remedy: `Download it with \`tributary data fetch ${name}\`, or give the path of a folder that holds it: ${option}.`,
  });
}
