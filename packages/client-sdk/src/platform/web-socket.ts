import { TributaryError } from "@tributary/protocol";
import {
  CLOSED_SOCKET,
  type Socket,
  type SocketEnd,
  type SocketEvents,
  type SocketRequest,
} from "../session/socket.ts";

/** Between two looks at how much is still queued: browsers have no event for it. */
const POLL_MS = 10;

/**
 * A `SocketConnector` on the native WebSocket. The browser decides about TLS, answers pings and negotiates
 * permessage-deflate, which a Tributary server does not offer. `maxFrameBytes` is left to the session.
 */
export function connectWithWebSocket(request: SocketRequest, events: SocketEvents): Socket {
  let failure: TributaryError | undefined;
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
      remedy: "A page that came over https:// can only connect to wss://.",
      cause,
    });
    queueMicrotask(() => end({ code: 1006, reason: "", error }));
    return CLOSED_SOCKET;
  }
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    if (socket.protocol === request.subprotocol) {
      events.opened();
      return;
    }
    failure = new TributaryError(
      "CONNECTION_FAILED",
      "The server does not speak Tributary's protocol",
      {
        remedy: "Check the address.",
      },
    );
    socket.close();
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) events.frame(new Uint8Array(data));
    else events.text();
  };
  // What went wrong the browser keeps to itself; that something did, `close` says next.
  socket.onerror = () => {};
  socket.onclose = ({ code, reason }) => end({ code, reason });
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send(bytes) {
      // A socket that is closing drops what it is given; one that is still connecting would throw.
      if (socket.readyState === WebSocket.OPEN) socket.send(copyOf(bytes));
    },
    async drained(limit) {
      while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount > limit) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
    close(code, reason) {
      // Scripts may send no other codes (WHATWG WebSockets §3.1); without one the server sees 1005.
      if (code === 1000 || (code >= 3000 && code <= 4999)) socket.close(code, reason);
      else socket.close();
    },
  };
}

/** The DOM's types want memory that is not shared, which a Uint8Array's type does not promise. */
function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
}
