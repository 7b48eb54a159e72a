import { TributaryError } from "@tributary/protocol";
import {
  CLOSED_SOCKET,
  type Socket,
  type SocketConnector,
  type SocketEnd,
  type SocketEvents,
  type SocketRequest,
} from "../session/socket.ts";

/**
 * Time between two checks of how much is still queued, milliseconds: browsers have no event for it.
 */
const POLL_MS = 10;

/**
 * Makes the `SocketConnector` on the browser's WebSocket. The browser checks the TLS certificate, answers
 * pings, and negotiates permessage-deflate (which a Tributary server does not offer). It can
 * neither limit the size of a message nor send pings, so that `maxFrameBytes` and
 * `heartbeatIntervalMs` are left to the session.
 * @param failureOf - As `webFailure`.
 */
export function webSocketConnector(
  failureOf: (url: string) => Promise<TributaryError>,
): SocketConnector {
  return (request, events) => connect(request, events, failureOf);
}

function connect(
  request: SocketRequest,
  events: SocketEvents,
  failureOf: (url: string) => Promise<TributaryError>,
): Socket {
  let failure: TributaryError | undefined;
  /** Whether it has opened, or need not open any more. */
  let isSettled = false;
  let closed = false;
  const end = (how: SocketEnd): void => {
    if (closed) return;
    closed = true;
    events.closed(failure === undefined ? how : { ...how, error: failure });
  };
  let socket: WebSocket;
  try {
    socket = new WebSocket(request.url, [request.subprotocol]);
  } catch (cause) {
    const error = new TributaryError("CONNECTION_FAILED", "The browser refused the connection", {
      remedy:
        "Use an address with wss://: a page that was loaded over https:// cannot connect to ws://.",
      cause,
    });
    queueMicrotask(() => end({ code: 1006, reason: "", error }));
    return CLOSED_SOCKET;
  }
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    isSettled = true;
    if (socket.protocol === request.subprotocol) {
      events.opened();
      return;
    }
    failure = new TributaryError(
      "CONNECTION_FAILED",
      "The server does not speak Tributary's protocol",
      {
        remedy: "Check that the address is that of a Tributary server.",
      },
    );
    socket.close();
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) events.frame(new Uint8Array(data));
    else events.text();
  };
  // The browser does not say what went wrong, and `onclose` always follows.
  socket.onerror = () => {};
  socket.onclose = async ({ code, reason }) => {
    if (!isSettled) failure ??= await failureOf(request.url);
    end({ code, reason });
  };
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send(bytes) {
      // `send` would throw while the socket is still connecting.
      if (socket.readyState === WebSocket.OPEN) socket.send(copyOf(bytes));
    },
    async drained(limit) {
      while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount > limit) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    close(code, reason) {
      isSettled = true;
      // Scripts may use no other close codes (WHATWG WebSockets §3.1). Without a code the server
      // sees 1005.
      if (code === 1000 || (code >= 3000 && code <= 4999)) socket.close(code, reason);
      else socket.close();
    },
  };
}

/**
 * The DOM's types accept only memory that is not shared between threads, which the type
 * `Uint8Array` does not promise. Bytes in shared memory are copied; others are not.
 */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}
