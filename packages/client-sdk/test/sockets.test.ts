import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  WebSocket as NodeWebSocket,
  WebSocketServer,
  type ServerOptions,
  type WebSocket,
} from "ws";
import { webFailure } from "../src/platform/web-failure.ts";
import { webSocketConnector } from "../src/platform/web-socket.ts";
import { connectWithWs } from "../src/platform/ws-socket.ts";
import {
  SocketListener,
  memoryConnector,
  socketConnectorCases,
  socketRequest,
  type SocketConnectorFixture,
  type SocketPeer,
  type SocketServer,
} from "../src/testing/index.ts";

// A pair of sockets in memory, as a fixture of the conformance suite.
function memoryFixture(): SocketConnectorFixture {
  let arrive: (peer: SocketPeer) => void = () => {};
  const connect = memoryConnector((end) => {
    const received: Uint8Array[] = [];
    let settle: (code: number) => void = () => {};
    arrive({
      received,
      closed: new Promise((resolve) => (settle = resolve)),
      send: (bytes) => end.send(bytes),
      sendText: () => end.sendText(),
      close: (code, reason) => end.close(code, reason),
      cut: () => end.cut(),
      pause: () => end.pause(),
      resume: () => end.resume(),
    });
    return {
      frame: (bytes) => received.push(bytes),
      text: () => {},
      closed: ({ code }) => settle(code),
    };
  });
  return {
    connect,
    serve: () =>
      Promise.resolve({
        url: "ws://localhost",
        peer: new Promise<SocketPeer>((resolve) => (arrive = resolve)),
        stop: () => Promise.resolve(),
      }),
  };
}

interface WsServer extends SocketServer {
  readonly socket: Promise<WebSocket>;
}

async function serveWs(options: ServerOptions = {}): Promise<WsServer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...options });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const socket = once(server, "connection").then(([connected]) => connected as WebSocket);
  return {
    url: `ws://127.0.0.1:${address.port}`,
    socket,
    peer: socket.then(wsPeer),
    stop: async () => {
      for (const client of server.clients) client.terminate();
      server.close();
      await once(server, "close");
    },
  };
}

function wsPeer(ws: WebSocket): SocketPeer {
  const received: Uint8Array[] = [];
  ws.on("message", (data) => received.push(new Uint8Array(data as Buffer)));
  return {
    received,
    closed: once(ws, "close").then(([code]) => code as number),
    send: (bytes) => ws.send(bytes),
    sendText: () => ws.send("text"),
    close: (code, reason) => ws.close(code, reason),
    cut: () => ws.terminate(),
    pause: () => ws.pause(),
    resume: () => ws.resume(),
  };
}

describe("the socket in memory", () => {
  for (const { name, run } of socketConnectorCases(memoryFixture())) it(name, run);
});

describe("the socket on ws", () => {
  const fixture = { connect: connectWithWs, serve: () => serveWs() };
  for (const { name, run } of socketConnectorCases(fixture)) it(name, run);

  it("fails with a remedy when no server listens", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    server.close();
    await once(server, "close");
    if (address === null || typeof address === "string") throw new Error("there was no port");
    const listener = new SocketListener();
    connectWithWs(socketRequest(`ws://127.0.0.1:${address.port}`), listener.events);
    const end = await listener.end();
    expect(end?.error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(end?.error?.remedy).toMatch(/address/);
  });

  it("fails when its options are not valid", async () => {
    const listener = new SocketListener();
    const socket = connectWithWs(socketRequest("nowhere"), listener.events);
    socket.close(1000, "");
    expect((await listener.end())?.error).toMatchObject({ code: "BAD_PARAMETER" });
  });

  it("fails when the server does not select the subprotocol", async () => {
    const server = await serveWs({ handleProtocols: () => false });
    const listener = new SocketListener();
    connectWithWs(socketRequest(server.url), listener.events);
    expect((await listener.end())?.error).toMatchObject({ code: "CONNECTION_FAILED" });
    await server.stop();
  });

  it("refuses a frame above the limit before it is in memory", async () => {
    const server = await serveWs();
    const listener = new SocketListener();
    connectWithWs(socketRequest(server.url, { maxFrameBytes: 1_000 }), listener.events);
    const peer = await server.peer;
    peer.send(new Uint8Array(1_001));
    expect((await listener.end())?.error).toMatchObject({ code: "FRAME_TOO_LARGE" });
    expect(await peer.closed).toBe(1009);
    expect(listener.frames).toEqual([]);
    await server.stop();
  });

  it("ends when the other end has fallen silent", async () => {
    const server = await serveWs();
    const listener = new SocketListener();
    connectWithWs(socketRequest(server.url, { heartbeatIntervalMs: 20 }), listener.events);
    (await server.peer).pause();
    expect((await listener.end())?.code).toBe(1006);
    await server.stop();
  });

  it("stays open while the other end answers its probes", async () => {
    const server = await serveWs();
    const listener = new SocketListener();
    const request = socketRequest(server.url, { heartbeatIntervalMs: 10 });
    const socket = connectWithWs(request, listener.events);
    const peer = await server.socket;
    for (let probes = 0; probes < 3; probes++) await once(peer, "ping");
    expect(listener.ends).toEqual([]);
    socket.close(1000, "");
    await listener.end();
    await server.stop();
  });
});

const connectWithWebSocket = webSocketConnector(webFailure);

describe("the socket on a browser's WebSocket", () => {
  // Node has a WebSocket from version 22 on. In older versions the `ws` package, which has the same
  // interface, takes its place.
  beforeEach(() => {
    if (!("WebSocket" in globalThis)) vi.stubGlobal("WebSocket", NodeWebSocket);
  });
  afterEach(() => vi.unstubAllGlobals());

  const fixture = { connect: connectWithWebSocket, serve: () => serveWs() };
  for (const { name, run } of socketConnectorCases(fixture)) it(name, run);

  it("fails when the url is not valid", async () => {
    const listener = new SocketListener();
    connectWithWebSocket(socketRequest("nowhere"), listener.events);
    expect((await listener.end())?.error).toMatchObject({ code: "CONNECTION_FAILED" });
  });

  it("closes without a code when scripts may not send the code", async () => {
    const server = await serveWs();
    const listener = new SocketListener();
    const socket = connectWithWebSocket(socketRequest(server.url), listener.events);
    const peer = await server.peer;
    await listener.until(({ isOpen }) => isOpen);
    socket.close(1009, "FRAME_TOO_LARGE");
    expect(await peer.closed).toBe(1005);
    await server.stop();
  });
});
