import { parseServerKey, TributaryError } from "@tributary/protocol";

/** What a link to the page says. */
export interface JoinLink {
  /** The server's key: the page takes part with no server that cannot prove that it holds it. */
  readonly serverKey: string;
  /** The population to take part in; left out where the person chooses. */
  readonly population?: string;
}

/**
 * Reads what stands behind the # of the page's address, which browsers send to no server:
 * `#key=tributary-key-v1:…&population=…`.
 * @throws TributaryError `BAD_PARAMETER` when there is no key, or one that is cut off or mistyped.
 */
export function readLink(fragment: string): JoinLink {
  const values = new URLSearchParams(fragment.replace(/^#/, ""));
  const serverKey = values.get("key") ?? "";
  const population = values.get("population") ?? undefined;
  const remedy = "Ask whoever invited you for the whole link, and open it again.";
  if (serverKey === "") {
    throw new TributaryError("BAD_PARAMETER", "This link has no server key", { remedy });
  }
  try {
    parseServerKey(serverKey);
  } catch (cause) {
    const message = "The server key in this link is cut off or mistyped";
    throw new TributaryError("BAD_PARAMETER", message, { remedy, cause });
  }
  return population === undefined ? { serverKey } : { serverKey, population };
}
