import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import {
  ERROR_CODES,
  PROTOCOL_CONSTANTS,
  TributaryError,
  WEBSOCKET_SUBPROTOCOL,
  opaqueId,
  type ErrorCode,
  type SessionId,
  drawUniform,
} from "@tributary/protocol";
import { listen } from "../runtime/listen.ts";
import { returnAfterRestartMs } from "@tributary/core";
import type { CutReason } from "../telemetry/server-event.ts";
import { FrameSender } from "./frame-sender.ts";
import { Heartbeat } from "./heartbeat.ts";
import { IntakeTurns } from "./intake-turns.ts";
import { SendTurns } from "./send-turns.ts";
import type { SessionDeps } from "./session-deps.ts";
import { Session } from "./session.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { TokenBucket } from "../runtime/token-bucket.ts";
import type { TrustedProxies } from "./trusted-proxies.ts";
import { Visitors, type Visitor } from "./visitors.ts";

/** How the gateway listens. */
export interface GatewayOptions {
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  /** Without it the gateway takes plain `ws`, which `config.ts` allows on loopback only. */
  readonly tls?: Pick<Certificate, "cert" | "key">;
  /**
   * Proxies that may say which address a client has. If left out, a client has the address that its
   * connection comes from.
   */
  readonly trustedProxies?: TrustedProxies;
  /**
   * Answers requests for what is no WebSocket, such as the join page.
   * @returns Whether it has taken the request. The gateway refuses those that it does not take.
   */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** An open WebSocket and its session. */
interface Connection {
  readonly session: Session;
  readonly heartbeat: Heartbeat;
  /** Cuts the connection, and says so to the operator. */
  cut(reason: CutReason): void;
}

/** Milliseconds that clients have to answer the close frame when the server stops. */
const CLOSE_GRACE_MS = 1_000;

/**
 * The largest number of pieces in which one message may arrive: WebSocket fragments (RFC 6455
 * §5.4), or reads from the socket. A piece of one byte takes hundreds of bytes of memory, so that
 * many small pieces could exhaust it. An honest client needs few: even the smallest TCP segments,
 * of 536 bytes, carry the largest frame in 123 pieces.
 */
const MAX_FRAME_PIECES = 1_024;

/**
 * Listens for clients. It refuses connections that exceed a limit, makes WebSockets of the others,
 * and gives each WebSocket its session.
 */
export class Gateway {
  readonly #deps: SessionDeps;
  readonly #options: GatewayOptions;
  /** Accepts TCP connections. A connection that it refuses has cost no work for TLS or HTTP. */
  readonly #door: TcpServer;
  readonly #http: HttpServer;
  /** The same server, where it takes TLS. */
  readonly #https: HttpsServer | undefined;
  readonly #webSockets: WebSocketServer;
  readonly #connections: Set<Connection> = new Set();
  readonly #visitors: Visitors;
  /**
   * Every open TCP connection by its remote address and port, including those that never become a
   * WebSocket.
   */
  readonly #guests: Map<string, { readonly socket: Socket; readonly visitor: Visitor }> = new Map();
  readonly #turns: SendTurns;
  readonly #intake = new IntakeTurns();
  #cancelHeartbeat: (() => void) | undefined;

  constructor(options: GatewayOptions, deps: SessionDeps) {
    this.#options = options;
    this.#deps = deps;
    const { limits } = deps;
    this.#turns = new SendTurns(deps.clock);
    this.#visitors = new Visitors(deps.clock, limits);
    const isTls = options.tls !== undefined;
    this.#door = createTcpServer({ allowHalfOpen: !isTls, noDelay: true }, (socket) =>
      this.#meet(socket),
    );
    this.limitsChanged();
    this.#door.on("drop", () => this.#cut("server-full"));

    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      if (options.answer?.(request, response) === true) return;
      this.#cut("not-a-websocket");
      response.writeHead(426, {
        "content-type": "text/plain; charset=utf-8",
        connection: "close",
        // A page whose WebSocket did not come about asks whether this is the server at all.
        "access-control-allow-origin": "*",
      });
      // The connection is closed at once, so that a body which came with the request is not read.
      response.once("finish", () => request.socket.destroySoon());
      response.end("This is a Tributary gateway: connect with the client SDK over WebSocket.\n");
    };
    const http = { maxHeaderSize: limits.maxRequestHeadBytes };
    if (options.tls === undefined) {
      this.#http = createHttpServer(http, answer);
    } else {
      const { cert, key } = options.tls;
      this.#http = this.#https = createHttpsServer({ ...http, cert, key }, answer);
    }
    this.#webSockets = new WebSocketServer({
      noServer: true,
      // With compression the length of a message would reveal something about its content. It would
      // also cost nine tenths of the throughput.
      perMessageDeflate: false,
      maxPayload: PROTOCOL_CONSTANTS.maxClientFrameBytes,
      maxFragments: MAX_FRAME_PIECES,
      maxBufferedChunks: MAX_FRAME_PIECES,
      handleProtocols: (offered) =>
        offered.has(WEBSOCKET_SUBPROTOCOL) ? WEBSOCKET_SUBPROTOCOL : false,
    });
    this.#http.on("upgrade", (request, socket, head) => {
      const refuse = (status: string, reason: CutReason): void => {
        this.#cut(reason);
        // The connection ends without waiting for the other side to close it. A stranger might
        // never do so, and could hold any number of connections that no limit counts.
        socket.once("finish", () => socket.destroy());
        socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      };
      socket.on("error", () => socket.destroy());
      const visitor = this.#guests.get(guestName(request.socket))?.visitor;
      const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",");
      if (visitor === undefined) {
        socket.destroy();
      } else if (!offered.some((name) => name.trim() === WEBSOCKET_SUBPROTOCOL)) {
        refuse("400 Bad Request", "not-a-websocket");
      } else if (this.#connections.size >= limits.maxConnections) {
        refuse("503 Service Unavailable", "server-full");
      } else {
        const refused = visitor.comesFrom(options.trustedProxies?.clientOf(request) ?? "");
        if (refused !== undefined) {
          refuse("429 Too Many Requests", refused);
          return;
        }
        this.#webSockets.handleUpgrade(request, socket, head, (accepted) =>
          this.#accept(accepted, request.socket, visitor),
        );
      }
    });
    // Node reports errors of TLS with the same event.
    this.#http.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
      const isHttp = !isTls || error.code?.startsWith("HPE_") === true;
      // A connection that was cut for another reason has left the map, and is not counted twice.
      if (this.#guests.has(guestName(socket as Socket))) {
        this.#cut(isHttp ? "bad-request" : "bad-tls");
      }
      socket.destroy();
    });
  }

  /** Number of open WebSockets. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Number of connections that have not finished the handshake and sent `Hello`. */
  get pendingCount(): number {
    return this.#visitors.pendingCount;
  }

  /** Uses another certificate for all new connections; those that are open stay. */
  useCertificate({ cert, key }: Pick<Certificate, "cert" | "key">): void {
    this.#https?.setSecureContext({ cert, key });
  }

  /** Notices that the limits have changed. */
  limitsChanged(): void {
    const { maxConnections, maxPendingConnections } = this.#deps.limits;
    this.#door.maxConnections = maxConnections + maxPendingConnections;
  }

  /**
   * Begins to listen.
   * @returns The port that it listens on.
   * @throws TributaryError `PORT_IN_USE` when another program listens on the port;
   *   `CONFIG_INVALID` when the address or the port cannot be used.
   */
  async start(): Promise<number> {
    const address: AddressInfo = await listen(this.#door, this.#options, "gateway");
    this.#beat();
    return address.port;
  }

  /**
   * Tells every client when to come back, stops listening, and resolves when all connections are
   * closed. Idempotent.
   */
  async close(): Promise<void> {
    this.#cancelHeartbeat?.();
    const closed = new Promise<void>((resolve) => this.#door.close(() => resolve()));
    const count = this.#connections.size;
    for (const { session } of this.#connections) {
      // Each client gets another time, so that the next server does not meet all of them at once.
      const retryAfterMs = returnAfterRestartMs(count, drawUniform(this.#deps.random));
      session.close(
        new TributaryError("SERVER_STOPPING", "The server is stopping", { retryAfterMs }),
      );
    }
    this.#webSockets.close();
    // The server does not wait longer for a client that does not answer the close frame, or for a
    // connection that never became a WebSocket.
    const timer = setTimeout(() => {
      for (const { socket } of this.#guests.values()) socket.destroy();
    }, CLOSE_GRACE_MS);
    await closed;
    clearTimeout(timer);
  }

  /** Admits or refuses a new TCP connection, before any work is done for it. */
  #meet(socket: Socket): void {
    const name = guestName(socket);
    const { remoteAddress = "" } = socket;
    const isProxied = this.#options.trustedProxies?.trusts(remoteAddress) === true;
    const visitor = this.#visitors.enter(isProxied ? undefined : remoteAddress, (reason) => {
      this.#cut(reason);
      this.#guests.delete(name);
      socket.destroy();
    });
    if (typeof visitor === "string") {
      this.#cut(visitor);
      socket.on("error", () => {});
      socket.resetAndDestroy();
      return;
    }
    this.#guests.set(name, { socket, visitor });
    socket.once("close", () => {
      this.#guests.delete(name);
      visitor.left();
    });
    this.#http.emit("connection", socket);
  }

  /**
   * Gives a new WebSocket its session.
   * @param stream - The connection under the WebSocket.
   */
  #accept(socket: WebSocket, stream: Socket, visitor: Visitor): void {
    visitor.upgraded();
    const { clock, limits } = this.#deps;
    const sessionId = opaqueId("ses", this.#deps.random.bytes(16)) as SessionId;
    const heartbeat = new Heartbeat({
      clock,
      limits,
      bytesRead: () => stream.bytesRead,
      isTraining: () => session.isTraining,
      probe: (payload) => socket.ping(payload),
    });
    const cut = (reason: CutReason): void => {
      // The WebSocket still hands on frames that came in the same read, also after the cut.
      if (socket.readyState !== socket.OPEN) return;
      this.#cut(reason);
      const { address } = visitor;
      this.#deps.logger.info("connection cut", {
        reason,
        session: sessionId,
        address,
        ...sender.progress,
      });
      session.disconnected(reason === "probes");
      // A client that is only slow may still read why it was cut.
      if (reason === "probes") socket.terminate();
      else sender.close(ERROR_CODES.TIMED_OUT.close ?? 1006, "TIMED_OUT");
    };
    const sender = new FrameSender(socket, {
      clock,
      limits,
      turns: this.#turns,
      heartbeat,
      onSlowReader: () => cut("slow-reader"),
    });
    let greetingBytes = 0;
    // Bytes are counted before the WebSocket gathers them, so that a client which has not greeted
    // cannot make the server hold more than a greeting.
    const countGreeting = (piece: Buffer): void => {
      greetingBytes += piece.length;
      if (greetingBytes <= limits.maxGreetingBytes) return;
      stream.off("data", countGreeting);
      session.close(
        new TributaryError("FRAME_TOO_LARGE", "More than a greeting came before the welcome"),
      );
    };
    stream.prependListener("data", countGreeting);
    const session = new Session(
      sessionId,
      sender,
      {
        ...visitor,
        greetWithinMs: visitor.greetWithinMs,
        greeted() {
          stream.off("data", countGreeting);
          visitor.greeted();
        },
      },
      this.#deps,
    );
    const connection: Connection = { session, heartbeat, cut };
    const probes = new TokenBucket(clock, limits.requestBurst, limits.requestsPerSecond);
    const takeProbe = (): void => {
      if (!probes.take()) cut("probes");
    };
    this.#connections.add(connection);
    socket.binaryType = "nodebuffer";
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) session.receive(data);
      else session.close(new TributaryError("MALFORMED_FRAME", "The message is text, not binary"));
      this.#intake.handled(socket, data.length);
    });
    socket.on("ping", takeProbe);
    socket.on("pong", (payload) => {
      if (heartbeat.answered(payload)) sender.hasRead();
      else takeProbe();
    });
    // By now ws has sent a close frame, with the right code for a frame that is too large.
    socket.on("error", (error: Error & { code?: string }) => {
      const code = failureOf(error);
      if (session.isOpen) this.#deps.events.publish({ type: "session-failed", code });
      sender.close(ERROR_CODES[code].close ?? 1006, code);
      // The client leaves its cohort now, and not only when it answers the close frame.
      session.disconnected(code !== "CONNECTION_LOST");
    });
    socket.on("close", () => {
      this.#connections.delete(connection);
      session.disconnected();
    });
  }

  /** Publishes that the gateway has refused or cut a connection, without its session. */
  #cut(reason: CutReason): void {
    this.#deps.events.publish({ type: "connection-cut", reason });
  }

  /** Cuts the connections whose clients have gone. One timer serves all connections. */
  #beat(): void {
    const { clock, limits } = this.#deps;
    this.#cancelHeartbeat = clock.schedule(limits.heartbeatIntervalMs, () => {
      for (const connection of this.#connections) {
        if (!connection.heartbeat.beat()) connection.cut("silent");
      }
      this.#beat();
    });
  }
}

/** The error code for a failure that the WebSocket has reported. */
function failureOf(error: Error & { code?: string }): ErrorCode {
  if (error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return "FRAME_TOO_LARGE";
  return error.code?.startsWith("WS_ERR") === true ? "MALFORMED_FRAME" : "CONNECTION_LOST";
}

/** Names a connection by its remote address and port, which no other open connection has. */
function guestName(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
