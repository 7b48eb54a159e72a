import { TributaryError } from "@tributary/protocol";
import { WebSocket, type ClientOptions, type RawData } from "ws";
import {
  CLOSED_SOCKET,
  type Socket,
  type SocketEvents,
  type SocketRequest,
  type TlsOptions,
} from "../session/socket.ts";

/** A server that does not answer the closing handshake does not hold the process up for longer. */
const CLOSE_TIMEOUT_MS = 2_000;

/** A `SocketConnector` on the `ws` package, for Node. */
export function connectWithWs(request: SocketRequest, events: SocketEvents): Socket {
  let socket: WebSocket;
  try {
    socket = new WebSocket(request.url, [request.subprotocol], {
      perMessageDeflate: false,
      maxPayload: request.maxFrameBytes,
      followRedirects: false,
      ...tlsOptions(request.tls),
    });
  } catch (cause) {
    const error = new TributaryError("BAD_PARAMETER", "The connection's options are not valid", {
      remedy: "Check url and tls.",
      cause,
    });
    queueMicrotask(() => events.closed({ code: 1006, reason: "", error }));
    return CLOSED_SOCKET;
  }
  let failure: TributaryError | undefined;
  const waiting: { limit: number; resolve: () => void }[] = [];
  const release = (): void => {
    for (const waiter of waiting.splice(0)) {
      if (!isOpen(socket) || socket.bufferedAmount <= waiter.limit) waiter.resolve();
      else waiting.push(waiter);
    }
  };
  let stopHeartbeat = (): void => {};
  socket.on("open", () => {
    stopHeartbeat = startHeartbeat(socket, request.heartbeatIntervalMs);
    events.opened();
  });
  socket.on("message", (data, isBinary) => {
    if (isBinary) events.frame(plainBytes(data));
    else events.text();
  });
  socket.on("error", (error) => {
    failure ??= failureOf(error, request);
  });
  socket.on("close", (code, reason) => {
    stopHeartbeat();
    release();
    const end = { code, reason: reason.toString("utf8") };
    events.closed(failure === undefined ? end : { ...end, error: failure });
  });
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send(bytes) {
      if (isOpen(socket)) socket.send(bytes, release);
    },
    drained(limit) {
      if (!isOpen(socket) || socket.bufferedAmount <= limit) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ limit, resolve }));
    },
    close(code, reason) {
      if (socket.readyState === WebSocket.CLOSING || socket.readyState === WebSocket.CLOSED) return;
      socket.close(code, reason);
      const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
      timer.unref();
      socket.once("close", () => clearTimeout(timer));
    },
  };
}

const isOpen = (socket: WebSocket): boolean => socket.readyState === WebSocket.OPEN;

/** Probes a silent connection, and cuts one that stays silent: a cable that was pulled sends no close frame. */
function startHeartbeat(socket: WebSocket, intervalMs: number): () => void {
  let heard = true;
  const hear = (): void => {
    heard = true;
  };
  for (const event of ["message", "ping", "pong"] as const) socket.on(event, hear);
  let probed = false;
  const timer = setInterval(() => {
    if (heard) {
      heard = false;
      probed = false;
    } else if (probed) {
      socket.terminate();
    } else {
      probed = true;
      socket.ping();
    }
  }, intervalMs);
  return () => clearInterval(timer);
}

function tlsOptions(tls: TlsOptions | undefined): ClientOptions {
  if (tls === undefined) return {};
  const { ca, servername } = tls;
  const authorities =
    ca === undefined || typeof ca === "string" || ca instanceof Uint8Array ? [ca] : ca;
  const pem = authorities.filter((one) => one !== undefined).map(asPem);
  return {
    ...(pem.length === 0 ? {} : { ca: pem }),
    ...(servername === undefined ? {} : { servername }),
  };
}

const asPem = (one: string | Uint8Array): string | Buffer =>
  typeof one === "string" ? one : Buffer.from(one);

/** The same memory without Buffer's own `slice`, which does not copy where a Uint8Array's does. */
function plainBytes(data: RawData): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const buffer = Array.isArray(data) ? Buffer.concat(data) : data;
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function failureOf(cause: Error, request: SocketRequest): TributaryError {
  if ("code" in cause && cause.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") {
    return new TributaryError(
      "FRAME_TOO_LARGE",
      `The server sent more than ${request.maxFrameBytes} bytes in one frame`,
      { cause },
    );
  }
  return new TributaryError(
    "CONNECTION_FAILED",
    `The server could not be reached: ${cause.message}`,
    {
      remedy:
        "Check the address, that the server runs, and tls.ca if its certificate is of your own making.",
      cause,
    },
  );
}
