import {
  PROTOCOL_VERSIONS,
  TributaryError,
  negotiateVersion,
  type ClientMessage,
} from "@tributary/protocol";

/**
 * Returns the version that a client and this server speak with each other.
 * @throws TributaryError `VERSION_UNSUPPORTED` when they have none in common.
 */
export function agreeOnVersion(hello: Extract<ClientMessage, { type: "hello" }>): number {
  const version = negotiateVersion(PROTOCOL_VERSIONS, {
    oldest: hello.oldestVersion,
    newest: hello.newestVersion,
  });
  if (version === undefined) {
    throw new TributaryError(
      "VERSION_UNSUPPORTED",
      `The client speaks protocol versions ${hello.oldestVersion} to ${hello.newestVersion} ` +
        `and the server ${PROTOCOL_VERSIONS.oldest} to ${PROTOCOL_VERSIONS.newest}`,
      { remedy: "Update the older of the two." },
    );
  }
  return version;
}
