import { TributaryError } from "@tributary/protocol";

/** How long the question may take, milliseconds. */
const ASK_MS = 3_000;

/** The HTTP status with which a gateway answers whoever asks for no WebSocket. */
const UPGRADE_REQUIRED = 426;

/**
 * Finds out why a WebSocket did not come about, which browsers do not say. The address is asked for
 * over HTTP: a gateway answers with a status of its own, which it lets every page read, and whatever
 * stands in its place does not. A policy without the address in `connect-src` for `https:` forbids the
 * question; then nobody answers.
 * @param url - With `wss:` or `ws:`.
 */
export async function webFailure(url: string): Promise<TributaryError> {
  if (isOffline()) {
    return failure("This device has no network", "The client connects once there is one.");
  }
  const address = url.replace(/^ws/, "http");
  const readable = await ask(address, "cors");
  if (readable?.status === UPGRADE_REQUIRED) {
    return failure(
      "The server answers, but no WebSocket came about",
      "Check for a proxy on the way that does not let WebSockets through, or whether the server is full.",
    );
  }
  if (readable !== undefined || (await ask(address, "no-cors")) !== undefined) {
    return failure(
      "Something else answers in the server's place",
      "Sign in to the network in another page if it asks for that; otherwise check the address.",
      { cause: "captive-portal" },
    );
  }
  return failure(
    "The server could not be reached",
    "Check the address, the network, and that the server runs.",
  );
}

/** The answer to a request for the address; undefined when there is none that this page may see. */
async function ask(address: string, mode: RequestMode): Promise<Response | undefined> {
  try {
    const signal = AbortSignal.timeout(ASK_MS);
    return await fetch(address, { mode, signal, cache: "no-store", credentials: "omit" });
  } catch {
    return undefined;
  }
}

/** Whether the browser says that there is no network. Not every platform has `navigator`. */
const isOffline = (): boolean =>
  typeof navigator === "object" && "onLine" in navigator && !navigator.onLine;

const failure = (
  message: string,
  remedy: string,
  context: Readonly<Record<string, string>> = {},
): TributaryError => new TributaryError("CONNECTION_FAILED", message, { remedy, context });
