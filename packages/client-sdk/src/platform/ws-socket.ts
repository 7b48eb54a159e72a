import type { Agent } from "node:http";
import { TributaryError, isTributaryError } from "@tributary/protocol";
import { WebSocket, type ClientOptions, type RawData } from "ws";
import { DrainWaiters } from "../session/drain-waiters.ts";
import { Heartbeat } from "./heartbeat.ts";
import {
  CLOSED_SOCKET,
  type ConnectionAgent,
  type Socket,
  type SocketEvents,
  type SocketRequest,
  type TlsOptions,
} from "../session/socket.ts";
import { connectionFailure } from "./connection-failure.ts";
import { proxyFor, type Proxy } from "./proxy.ts";

/**
 * How long a server may take to answer the closing handshake, milliseconds. After that the socket
 * is destroyed, so that it does not keep the process alive.
 */
const CLOSE_TIMEOUT_MS = 2_000;

/** The `SocketConnector` on the `ws` package, for Node. */
export function connectWithWs(request: SocketRequest, events: SocketEvents): Socket {
  let socket: WebSocket;
  let proxy: Proxy | undefined;
  try {
    proxy = request.agent === undefined ? proxyFor(request.url) : undefined;
    socket = new WebSocket(request.url, [request.subprotocol], {
      perMessageDeflate: false,
      maxPayload: request.maxFrameBytes,
      // A redirect could lead to an address that the app has not chosen.
      followRedirects: false,
      ...tlsOptions(request.tls),
      ...agentOption(request.agent ?? proxy?.agent),
    });
  } catch (cause) {
    const error = isTributaryError(cause)
      ? cause
      : new TributaryError("BAD_PARAMETER", "The url or the TLS options are not valid", {
          remedy: "Check the client's options url and tls.",
          cause,
        });
    // In a later microtask: no event may come before this function has returned.
    queueMicrotask(() => events.closed({ code: 1006, reason: "", error }));
    return CLOSED_SOCKET;
  }
  const waiters = new DrainWaiters();
  const release = (): void => waiters.release(isOpen(socket) ? socket.bufferedAmount : 0);
  const heartbeat = new Heartbeat(socket, request.heartbeatIntervalMs);
  listen(socket, { heartbeat, request, proxy }, events, release);
  return {
    noticesSilence: true,
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send(bytes) {
      if (!isOpen(socket)) return;
      socket.send(bytes, () => {
        heartbeat.hear();
        release();
      });
    },
    drained(limit) {
      if (!isOpen(socket) || socket.bufferedAmount <= limit) return Promise.resolve();
      return waiters.wait(limit);
    },
    close(code, reason) {
      if (socket.readyState === WebSocket.CLOSING || socket.readyState === WebSocket.CLOSED) return;
      socket.close(code, reason);
      // Unreferenced, so that it does not keep the process alive by itself.
      const timer = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
      timer.unref();
      socket.once("close", () => clearTimeout(timer));
    },
  };
}

/** What belongs to one socket. */
interface Connection {
  readonly heartbeat: Heartbeat;
  readonly request: SocketRequest;
  /** The proxy of the environment that the connection goes through. */
  readonly proxy: Proxy | undefined;
}

/**
 * Passes on the events of a socket.
 * @param ended - Called when the socket has ended, before its `closed` event.
 */
function listen(
  socket: WebSocket,
  { heartbeat, request, proxy }: Connection,
  events: SocketEvents,
  ended: () => void,
): void {
  let failure: TributaryError | undefined;
  socket.on("open", () => {
    heartbeat.start((error) => {
      failure = error;
      socket.terminate();
    });
    events.opened();
  });
  socket.on("message", (data, isBinary) => {
    if (isBinary) events.frame(plainBytes(data));
    else events.text();
  });
  socket.on("error", (error) => {
    // `ws` reports the error first and the end of the socket afterwards. The first error is the cause.
    failure ??= failureOf(error, request, proxy?.name);
  });
  socket.on("close", (code, reason) => {
    heartbeat.stop();
    proxy?.giveUp();
    ended();
    const end = { code, reason: reason.toString("utf8") };
    events.closed(failure === undefined ? end : { ...end, error: failure });
  });
}

/** Whether the socket can send. */
const isOpen = (socket: WebSocket): boolean => socket.readyState === WebSocket.OPEN;

/** Translates the client's TLS options into those of Node. */
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

/**
 * Translates the client's agent into that of Node.
 * @throws TributaryError `BAD_PARAMETER` when it is no agent.
 */
function agentOption(agent: ConnectionAgent | undefined): ClientOptions {
  if (agent === undefined) return {};
  if (isNodeAgent(agent)) return { agent };
  throw new TributaryError("BAD_PARAMETER", "The option agent is not an http.Agent", {
    remedy: "Give an Agent of node:https, or of a package for proxies.",
  });
}

/** Whether this is an agent that Node hands its requests to; packages need not extend `Agent`. */
const isNodeAgent = (agent: ConnectionAgent): agent is Agent => "addRequest" in agent;

/** Node's TLS options take text or a Buffer. */
const asPem = (one: string | Uint8Array): string | Buffer =>
  typeof one === "string" ? one : Buffer.from(one);

/**
 * Wraps the message in a plain Uint8Array on the same memory. `ws` hands out Buffers, whose `slice`
 * does not copy, unlike that of a Uint8Array.
 */
function plainBytes(data: RawData): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const buffer = Array.isArray(data) ? Buffer.concat(data) : data;
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** Translates an error of `ws` into one of ours. */
function failureOf(cause: Error, request: SocketRequest, proxy?: string): TributaryError {
  if ("code" in cause && cause.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") {
    return new TributaryError(
      "FRAME_TOO_LARGE",
      `The server sent more than ${request.maxFrameBytes} bytes in one frame`,
      { cause },
    );
  }
  return connectionFailure(cause, proxy);
}
