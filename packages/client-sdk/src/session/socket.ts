import type { TributaryError } from "@tributary/protocol";

/** Which TLS certificates to trust. Node only, since a browser decides this itself. */
export interface TlsOptions {
  /**
   * PEM of the certificate authorities to trust in place of the system's, or of the server's
   * self-signed certificate.
   */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** The name that the certificate must have, if it is not the URL's host. */
  readonly servername?: string;
}

/** What opens connections for Node: an `http.Agent` of `node:https` or of a package. */
export interface ConnectionAgent {
  /** Ends the connections that the agent keeps. */
  destroy(): void;
}

/** What a connector is asked to open. */
export interface SocketRequest {
  readonly url: string;
  /** The one WebSocket subprotocol to offer. A server that does not select it is refused. */
  readonly subprotocol: string;
  /**
   * The largest message to accept, bytes. An adapter that can refuse a larger one before it is in
   * memory does so.
   */
  readonly maxFrameBytes: number;
  /**
   * The silence, milliseconds, after which an adapter that can send probes sends one. It ends the
   * connection when the silence lasts as long again.
   */
  readonly heartbeatIntervalMs: number;
  readonly tls?: TlsOptions | undefined;
  /** What the connection is to go through, where the platform lets an app choose. */
  readonly agent?: ConnectionAgent | undefined;
}

/** How and why a socket ended. */
export interface SocketEnd {
  /** The WebSocket close code (RFC 6455 §7.4); 1006 when there was no closing handshake. */
  readonly code: number;
  readonly reason: string;
  /** What went wrong on this side, if that is known. */
  readonly error?: TributaryError;
}

/** What a socket tells its owner. The owner's handlers must not throw. */
export interface SocketEvents {
  /** The socket is open. `frame` and `text` come only after this. */
  opened(): void;
  /** A binary message has arrived. The receiver may keep the bytes. */
  frame(bytes: Uint8Array): void;
  /** A text message has arrived, which this protocol does not have. */
  text(): void;
  /**
   * The socket has ended, whichever side closed it. This is the last event and comes exactly once.
   */
  closed(end: SocketEnd): void;
}

/**
 * A WebSocket as the session needs it. No method throws. After the socket has ended, methods do
 * nothing.
 */
export interface Socket {
  /**
   * Whether this adapter notices by itself when nothing comes from the server any more, as one that
   * can send pings does. For the others, the session watches.
   */
  readonly noticesSilence?: boolean;
  /** Queues one binary message. The bytes must not be changed afterwards. */
  send(bytes: Uint8Array): void;
  /** Bytes that are queued and that the network has not taken yet. */
  readonly bufferedAmount: number;
  /** Resolves once at most `limit` bytes are queued, or the socket has ended. */
  drained(limit: number): Promise<void>;
  /**
   * Sends what is queued, then closes. Calls after the first have no effect.
   * @param code - A WebSocket close code that a client may send.
   */
  close(code: number, reason: string): void;
}

/**
 * Opens sockets; each platform has one. It never throws: a failure is told as `closed`. No event
 * comes before it has returned.
 */
export type SocketConnector = (request: SocketRequest, events: SocketEvents) => Socket;

/** What an adapter returns when a connection cannot even be started. */
export const CLOSED_SOCKET: Socket = {
  bufferedAmount: 0,
  send: () => {},
  drained: () => Promise.resolve(),
  close: () => {},
};
