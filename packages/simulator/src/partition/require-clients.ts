import { TributaryError } from "@tributary/protocol";

/** @throws TributaryError `BAD_PARAMETER` unless each of `clients` can have `each` of `count` examples. */
export function requireClients(clients: number, count: number, each: number): void {
  const whole = Number.isSafeInteger(clients) && Number.isSafeInteger(each);
  if (whole && clients >= 1 && each >= 1 && clients * each <= count) return;
  throw new TributaryError(
    "BAD_PARAMETER",
    `${count} examples cannot be dealt to ${clients} clients, ${each} or more each`,
    { remedy: "Ask for at least one client, and for no more than the examples suffice for." },
  );
}
