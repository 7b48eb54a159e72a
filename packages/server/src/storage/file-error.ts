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
    case "ENOTDIR":
    case "EEXIST":
      return {
        cause: `The data folder ${folder} cannot be made because a file is in the way`,
        remedy: "Choose another data folder or move the file away.",
      };
    default:
      return {
        cause: `The data folder ${folder} cannot be used`,
        remedy: "Check the disk that it is on.",
      };
  }
}
