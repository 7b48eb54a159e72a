import { TributaryError, isTributaryError } from "@tributary/protocol";

/** Names of errors, of the DOM and of Node, that mean that there is no room. */
const FULL: ReadonlySet<unknown> = new Set(["QuotaExceededError", "ENOSPC", "EDQUOT"]);

/** Names of errors that mean that the platform does not let the app keep data. */
const DENIED: ReadonlySet<unknown> = new Set([
  ...["SecurityError", "InvalidStateError", "NotAllowedError", "UnknownError"],
  ...["EACCES", "EPERM", "EROFS", "ENOTDIR"],
]);

/**
 * Makes a `TributaryError` of what a storage of the platform has thrown.
 * @param store - Names the store at the beginning of the message.
 */
export function storageFault(error: unknown, store: string): TributaryError {
  if (isTributaryError(error)) return error;
  const { name, code, message } = Object(error) as Partial<NodeJS.ErrnoException>;
  const why = message ?? String(error);
  if (FULL.has(name) || FULL.has(code)) {
    return new TributaryError("STORAGE_FULL", `${store} has no room on this device: ${why}`, {
      remedy:
        "Free some room on the device, or keep fewer examples: give the store a retention or a quota.",
      cause: error,
    });
  }
  if (DENIED.has(name) || DENIED.has(code)) {
    return new TributaryError("STORAGE_DENIED", `${store} cannot be kept on this device: ${why}`, {
      remedy:
        "Allow the app to store data: leave the private window, allow site data, or correct the rights of the folder. `memoryShelf` keeps examples for as long as the app runs.",
      cause: error,
    });
  }
  return new TributaryError("STORAGE_DENIED", `${store} failed: ${why}`, {
    remedy: "Try again. If it fails each time, remove what the browser or the folder holds of it.",
    cause: error,
  });
}
