import { isTributaryError, TributaryError } from "@tributary/protocol";

/** Returns the name of a system error, such as `ENOENT`; undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

/**
 * Turns an error of the file system into `STORAGE_UNAVAILABLE` with a remedy. An error that is a
 * `TributaryError` already is returned as it is.
 */
export function fileError(error: unknown, folder: string): TributaryError {
  if (isTributaryError(error)) return error;
  const { cause, remedy } = explain(errnoOf(error), folder);
  const detail = error instanceof Error ? error.message : String(error);
  return new TributaryError("STORAGE_UNAVAILABLE", `${cause} (${detail})`, {
    remedy,
    context: { folder },
    cause: error,
  });
}

function explain(errno: string | undefined, folder: string): { cause: string; remedy: string } {
  switch (errno) {
    case "EACCES":
    case "EPERM":
      return {
        cause: `This user may not use the data folder ${folder}`,
        remedy: "Give the user that runs the server the right to read and write it.",
      };
    case "EROFS":
      return {
        cause: `The data folder ${folder} is on a read-only file system`,
        remedy: "Choose a data folder that can be written to.",
      };
    case "ENOSPC":
    case "EDQUOT":
      return {
        cause: `There is no space left for the data folder ${folder}`,
        remedy: "Free some space or move the data folder to a larger disk.",
      };
    case "EMFILE":
    case "ENFILE":
      return {
        cause: `The data folder ${folder} cannot be used because too many files are open`,
        remedy:
          errno === "EMFILE"
            ? "Raise the limit on open files of this process (ulimit -n, or LimitNOFILE of its unit)."
            : "Raise the limit on open files of this machine (fs.file-max).",
      };
    case "EISDIR":
      return {
        cause: `A folder is where the data folder ${folder} has a file`,
        remedy: "Move that folder away, or choose another data folder.",
      };
    case "ELOOP":
    case "ENAMETOOLONG":
      return {
        cause: `The path of the data folder ${folder} cannot be followed`,
        remedy: "Choose a shorter path without links that lead to each other.",
      };
    case "ENOENT":
      return {
        cause: `Something of the data folder ${folder} is missing`,
        remedy: "Restore the folder from a backup, or choose another one.",
      };
    case "EIO":
      return {
        cause: `The disk of the data folder ${folder} fails`,
        remedy: "Look at the system's log, replace the disk, and restore a backup.",
      };
    case "ENOTDIR":
    case "EEXIST":
      return {
        cause: `The data folder ${folder} cannot be made because a file is in the way`,
        remedy: "Choose another data folder or move the file away.",
      };
    default:
      return {
        cause: `The data folder ${folder} cannot be used`,
        remedy: "The reason in brackets is the operating system's.",
      };
  }
}
