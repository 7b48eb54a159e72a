import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readUsage, type UsageStore } from "../conditions/usage-store.ts";

/**
 * Keeps account of budgets in a folder, in a file for each name. What is not such an account counts as
 * none.
 * @param folder - Made when something is saved.
 */
export function fileUsage(folder: string): UsageStore {
  const pathOf = (name: string): string => join(folder, `${encodeURIComponent(name)}.json`);
  return {
    async load(name) {
      try {
        return readUsage(JSON.parse(await readFile(pathOf(name), "utf8")));
      } catch (error) {
        const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
        if (isMissing || error instanceof SyntaxError) return undefined;
        throw error;
      }
    },
    async save(name, usage) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // A program that ends in the middle leaves the old account.
      await writeFile(`${pathOf(name)}.new`, JSON.stringify(usage), { mode: 0o600 });
      await rename(`${pathOf(name)}.new`, pathOf(name));
    },
  };
}
