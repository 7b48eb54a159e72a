/** Wire protocol versions this build speaks, oldest and newest. A session uses the newest that both sides speak. */
export const PROTOCOL_VERSIONS: { readonly oldest: number; readonly newest: number } = {
  oldest: 1,
  newest: 1,
};

/** WebSocket subprotocol (RFC 6455 §1.9) that a client offers and a server selects. */
export const WEBSOCKET_SUBPROTOCOL = "tributary.v1";

/**
 * Chooses the newest protocol version that two ranges share.
 * @returns The version, or `undefined` when the ranges do not meet.
 */
export function negotiateVersion(
  ours: { readonly oldest: number; readonly newest: number },
  theirs: { readonly oldest: number; readonly newest: number },
): number | undefined {
  const newest = Math.min(ours.newest, theirs.newest);
  return newest >= Math.max(ours.oldest, theirs.oldest) ? newest : undefined;
}
