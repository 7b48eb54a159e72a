import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import {
  TributaryError,
  WEBSOCKET_SUBPROTOCOL,
  opaqueId,
  type SessionId,
} from "@tributary/protocol";
import { listen } from "../listen.ts";
import { FrameSender } from "./frame-sender.ts";
import { Session, type SessionDeps } from "./session.ts";
import type { TlsMaterial } from "./tls.ts";

export interface GatewayOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Absent: plain `ws`, which `config.ts` allows on loopback only. */
  readonly tls?: TlsMaterial;
}

interface Connection {
  readonly socket: WebSocket;
  readonly session: Session;
  alive: boolean;
}

/** How long clients have to answer the close frame when the server stops. */
const CLOSE_GRACE_MS = 1_000;

/**
 * Pieces that one message may come in: fragments (RFC 6455 §5.4), and reads of the socket. A piece of one byte costs
 * hundreds in memory; the smallest TCP segments, of 536 bytes, carry the largest frame in 123.
 */
const MAX_FRAME_PIECES = 1_024;

/** Accepts WebSockets and gives each its session. */
export class Gateway {
  readonly #deps: SessionDeps;
  readonly #options: GatewayOptions;
  readonly #http: HttpServer;
  readonly #webSockets: WebSocketServer;
  readonly #connections: Set<Connection> = new Set();
  /** Every TCP connection, also those that never become a WebSocket. */
  readonly #sockets: Set<Socket> = new Set();
  #cancelHeartbeat: (() => void) | undefined;

  constructor(options: GatewayOptions, deps: SessionDeps) {
    this.#options = options;
    this.#deps = deps;
    const answer = (_request: unknown, response: import("node:http").ServerResponse): void => {
      response.writeHead(426, { "content-type": "text/plain; charset=utf-8" });
      response.end("This is a Tributary gateway: connect with the client SDK over WebSocket.\n");
    };
    // What comes before a session has the session's deadline too.
    const { handshakeTimeoutMs } = deps.limits;
    const deadlines = {
      headersTimeout: handshakeTimeoutMs,
      requestTimeout: handshakeTimeoutMs,
      connectionsCheckingInterval: handshakeTimeoutMs,
    };
    this.#http =
      options.tls === undefined
        ? createHttpServer(deadlines, answer)
        : createHttpsServer(
            {
              ...deadlines,
              handshakeTimeout: handshakeTimeoutMs,
              cert: options.tls.cert,
              key: options.tls.key,
            },
            answer,
          );
    this.#webSockets = new WebSocketServer({
      noServer: true,
      // Compression would let a message's size speak about its content, and costs nine tenths of the throughput.
      perMessageDeflate: false,
      maxPayload: deps.limits.maxClientFrameBytes,
      maxFragments: MAX_FRAME_PIECES,
      maxBufferedChunks: MAX_FRAME_PIECES,
      handleProtocols: (offered) =>
        offered.has(WEBSOCKET_SUBPROTOCOL) ? WEBSOCKET_SUBPROTOCOL : false,
    });
    this.#http.on("upgrade", (request, socket, head) => {
      const refuse = (status: string): void => {
        // Not until the stranger closes its end: it may never do so, and is not counted.
        socket.once("finish", () => socket.destroy());
        socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      };
      socket.on("error", () => socket.destroy());
      const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",");
      if (!offered.some((name) => name.trim() === WEBSOCKET_SUBPROTOCOL)) {
        refuse("400 Bad Request");
      } else if (this.#connections.size >= deps.limits.maxConnections) {
        refuse("503 Service Unavailable");
      } else {
        this.#webSockets.handleUpgrade(request, socket, head, (accepted) => this.#accept(accepted));
      }
    });
    this.#http.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#http.on("clientError", (_error, socket) => socket.destroy());
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Begins to listen.
   * @returns The URL that clients connect to.
   * @throws TributaryError `PORT_IN_USE`.
   */
  async start(): Promise<string> {
    const { host, tls } = this.#options;
    const address: AddressInfo = await listen(this.#http, this.#options, "gateway");
    this.#beat();
    const name = host.includes(":") ? `[${host}]` : host;
    return `${tls === undefined ? "ws" : "wss"}://${name}:${address.port}`;
  }

  /** Tells every client to come back later, closes, and resolves when all connections are gone; idempotent. */
  async close(): Promise<void> {
    this.#cancelHeartbeat?.();
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    for (const { session } of this.#connections) {
      session.close(
        new TributaryError("SERVER_STOPPING", "The server is stopping", { retryAfterMs: 1_000 }),
      );
    }
    this.#webSockets.close();
    this.#http.closeIdleConnections();
    // Nobody may hold the server up: neither a client that does not answer the close frame nor a silent stranger.
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, CLOSE_GRACE_MS);
    await closed;
    clearTimeout(timer);
  }

  #accept(socket: WebSocket): void {
    const sessionId = opaqueId("ses", this.#deps.random.bytes(16)) as SessionId;
    const sender = new FrameSender(socket, this.#deps.limits);
    const session = new Session(sessionId, sender, this.#deps);
    const connection: Connection = { socket, session, alive: true };
    this.#connections.add(connection);
    socket.binaryType = "nodebuffer";
    socket.on("message", (data: Buffer, isBinary) => {
      // While it sends, its answer to a probe may stand in line behind a long upload.
      connection.alive = true;
      if (isBinary) session.receive(data);
      else session.close(new TributaryError("MALFORMED_FRAME", "The message is text, not binary"));
    });
    socket.on("pong", () => {
      connection.alive = true;
    });
    // ws closes by itself after an error, with the right close code for a frame that is too large.
    socket.on("error", (error: Error & { code?: string }) => {
      const tooLarge = error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
      this.#deps.onFailure(tooLarge ? "FRAME_TOO_LARGE" : "CONNECTION_LOST");
      // A client that does not answer the close frame must not keep its place in a cohort meanwhile.
      session.disconnected();
    });
    socket.on("close", () => {
      this.#connections.delete(connection);
      session.disconnected();
    });
  }

  /** One timer for all connections: cut those that were silent since the last beat, probe the rest. */
  #beat(): void {
    const { clock, limits } = this.#deps;
    this.#cancelHeartbeat = clock.schedule(limits.heartbeatIntervalMs, () => {
      for (const connection of this.#connections) {
        if (!connection.alive) {
          connection.socket.terminate();
          continue;
        }
        connection.alive = false;
        connection.socket.ping();
      }
      this.#beat();
    });
  }
}
