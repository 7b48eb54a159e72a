import { TributaryError } from "@tributary/protocol";

/** @throws TributaryError `BAD_PARAMETER` unless each of `clients` can have one of `parts`. */
export function requireClients(clients: number, parts: number): void {
  if (Number.isSafeInteger(clients) && clients >= 1 && clients <= parts) return;
  throw new TributaryError("BAD_PARAMETER", `${parts} examples cannot be dealt to ${clients} clients`, {
    remedy: "Give at least one client, and no more of them than there are examples.",
  });
}
