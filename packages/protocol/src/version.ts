/**
 * The protocol versions that this software speaks, the oldest and the newest. A session uses the
 * newest version that both sides speak.
 */
export const PROTOCOL_VERSIONS: { readonly oldest: number; readonly newest: number } = {
  oldest: 1,
  newest: 1,
};

/**
 * The WebSocket subprotocol (RFC 6455 §1.9) that a client offers and a server selects. A server
 * refuses connections without it.
 */
export const WEBSOCKET_SUBPROTOCOL = "tributary.v1";

/**
 * Chooses the newest protocol version that two ranges have in common.
 * @returns The version, or `undefined` when they have none in common.
 */
export function negotiateVersion(
  ours: { readonly oldest: number; readonly newest: number },
  theirs: { readonly oldest: number; readonly newest: number },
): number | undefined {
  const newest = Math.min(ours.newest, theirs.newest);
  return newest >= Math.max(ours.oldest, theirs.oldest) ? newest : undefined;
}
