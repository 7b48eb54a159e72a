import type { TributaryError } from "@tributary/protocol";

/** Trust in the TLS certificate of a server; Node only, since a browser has its own. */
export interface TlsOptions {
  /** PEM of the certificate authorities, or the self-signed certificate, to trust instead of the system's. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Name to expect in the certificate when it is not the URL's host. */
  readonly servername?: string;
}

/** What is asked of a connector. */
export interface SocketRequest {
  readonly url: string;
  /** The one WebSocket subprotocol to offer; a server that does not select it is refused. */
  readonly subprotocol: string;
  /** Largest message to accept, bytes. An adapter that can refuse a larger one before it is in memory does. */
  readonly maxFrameBytes: number;
  /** Silence after which an adapter that can probe does, and then cuts the connection, milliseconds. */
  readonly heartbeatIntervalMs: number;
  readonly tls?: TlsOptions | undefined;
}

/** Why a socket is no more. */
export interface SocketEnd {
  /** WebSocket close code (RFC 6455 §7.4); 1006 when there was no closing handshake. */
  readonly code: number;
  readonly reason: string;
  /** What went wrong on this side, where it is known. */
  readonly error?: TributaryError;
}

/** What a socket tells its owner. The owner's handlers do not throw. */
export interface SocketEvents {
  /** The socket is open; `frame` and `text` come after this. */
  opened(): void;
  /** One binary message. The bytes are the receiver's to keep. */
  frame(bytes: Uint8Array): void;
  /** A text message came, which this protocol does not have. */
  text(): void;
  /** The last event, exactly once, whoever closed. */
  closed(end: SocketEnd): void;
}

/** A WebSocket as the session needs it. No method throws; after the end they do nothing. */
export interface Socket {
  /** Queues one binary message. The bytes must not change afterwards. */
  send(bytes: Uint8Array): void;
  /** Bytes queued and not yet taken by the network. */
  readonly bufferedAmount: number;
  /** Resolves once at most `limit` bytes are queued, or the socket is closed. */
  drained(limit: number): Promise<void>;
  /** Closes after what is queued. Idempotent. @param code - A close code that this side may send. */
  close(code: number, reason: string): void;
}

/**
 * Opens sockets: the adapter that a platform chooses. Never throws: failure is `closed`. No event comes before it
 * has returned.
 */
export type SocketConnector = (request: SocketRequest, events: SocketEvents) => Socket;

/** What an adapter returns for a connection that cannot even be begun. */
export const CLOSED_SOCKET: Socket = {
  bufferedAmount: 0,
  send: () => {},
  drained: () => Promise.resolve(),
  close: () => {},
};
