import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { messageOf, unreadable } from "../files/unreadable.ts";

/** Whether a path stands for several files. */
export const isPattern = (path: string): boolean => /[*?]/.test(basename(path));

/**
 * The files of a folder whose names match a pattern, in alphabetical order.
 * @param pattern - A path in whose last part `*` stands for any characters and `?` for one.
 * @throws TributaryError `DATA_UNREADABLE` when there is none.
 */
export async function matchingFiles(pattern: string): Promise<string[]> {
  const folder = dirname(pattern);
  const name = basename(pattern)
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    throw unreadable(folder, `cannot be read (${messageOf(error)})`, {
      remedy: "Give the path of a folder that exists and that you may read.",
      cause: error,
    });
  }
  const matching = names.filter((one) => new RegExp(`^${name}$`).test(one)).sort();
  if (matching.length > 0) return matching.map((one) => join(folder, one));
  throw unreadable(pattern, "matches no file", {
    remedy: `Files of ${folder} are ${names.slice(0, 20).join(", ")}.`,
  });
}
