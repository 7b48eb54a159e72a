import type { TributaryError } from "@tributary/protocol";
import type { NetworkSource } from "../session/network-source.ts";

/**
 * What is most likely behind a connection that ended or did not come about:
 *
 * - `offline`: the device says that it has no network;
 * - `silent`: nothing came from the server any more, and nothing said that it would not;
 * - `captive-portal`: something else answers in the server's place. Networks that want a person to
 *   sign in do this; a wrong address looks the same;
 * - `certificate`: who answers has not the certificate of the server;
 * - `unreachable`: nobody answers;
 * - `server`: the server has ended the connection, and the error says why;
 * - `lost`: the connection ended, and nobody said why.
 */
export type DisconnectCause =
  | "offline"
  | "silent"
  | "captive-portal"
  | "certificate"
  | "unreachable"
  | "server"
  | "lost";

/** The causes that those who make the error find out, and write into its context. */
const TOLD_IN_CONTEXT: readonly DisconnectCause[] = ["silent", "captive-portal", "certificate"];

/** Finds out what is behind `error`, which has ended a connection or prevented it. */
export function disconnectCause(
  { code, context }: TributaryError,
  network: Pick<NetworkSource, "isOnline"> | undefined,
): DisconnectCause {
  if (network?.isOnline === false) return "offline";
  const told = TOLD_IN_CONTEXT.find((cause) => cause === context["cause"]);
  if (told !== undefined) return told;
  if (code === "CONNECTION_FAILED") return "unreachable";
  return code === "CONNECTION_LOST" ? "lost" : "server";
}
