import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, totalmem } from "node:os";
import { resolve } from "node:path";

/** Where an experiment has run. */
export interface Environment {
  /** The version of this package. */
  readonly tributary: string;
  readonly node: string;
  /** The revision of the Git repository of the experiment's folder; null when there is none. */
  readonly revision: string | null;
  /** Whether files of that repository differ from the revision. */
  readonly isChanged: boolean;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** The folder in which the experiment's paths begin, absolute. */
  readonly folder: string;
}

/** Finds out where this process runs. @param folder - The experiment's folder. */
export function environmentOf(folder: string): Environment {
  const manifest = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const revision = git(folder, "rev-parse", "HEAD");
  return {
    tributary: (JSON.parse(manifest) as { readonly version: string }).version,
    node: process.versions.node,
    revision,
    isChanged: revision !== null && git(folder, "status", "--porcelain") !== "",
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    folder: resolve(folder),
  };
}

/** What a command of Git prints; null when it fails, as outside a repository. */
function git(folder: string, ...command: readonly string[]): string | null {
  try {
    return execFileSync("git", command, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return null;
  }
}
