import { connect as connectTcp } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";
import { WebSocket } from "ws";
import { WEBSOCKET_SUBPROTOCOL, cryptographicRandom, parseServerKey } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { RawClient, type RawClientDeps } from "@tributary/protocol/testing";

/** The server that a benchmark's clients connect to, in a form that can be sent to another process. */
export interface BenchTarget {
  readonly url: string;
  readonly serverKey: string;
  /** PEM of the server's certificate. */
  readonly certificate: string;
}

/** What all clients in one process share. */
export interface WireDeps extends RawClientDeps {
  readonly target: BenchTarget;
  readonly secureContext: SecureContext;
}

/** A client without the SDK. It can follow the protocol or break it, through WebSocket, TLS and the inner channel. */
export type WireClient = RawClient<WebSocket>;

/** Prepares what the clients in this process share. */
export function wireDeps(target: BenchTarget): WireDeps {
  const crypto = createNodeCryptoProvider();
  return {
    target,
    serverKey: parseServerKey(target.serverKey),
    secureContext: createSecureContext({ ca: target.certificate }),
    crypto,
    random: cryptographicRandom(crypto),
  };
}

/**
 * One of this machine's own addresses, so that clients can come from many addresses as they do in a network. Linux
 * offers all of 127.0.0.0/8. Other systems offer only 127.0.0.1, which is then always returned.
 */
export function loopbackAddress(index: number): string {
  if (process.platform !== "linux") return "127.0.0.1";
  return `127.${1 + (index >> 16)}.${(index >> 8) & 255}.${1 + (index % 254)}`;
}

function dial(deps: WireDeps, localAddress: string): WebSocket {
  const { hostname, port, protocol } = new URL(deps.target.url);
  const address = { host: hostname, port: Number(port), localAddress };
  return new WebSocket(deps.target.url, [WEBSOCKET_SUBPROTOCOL], {
    perMessageDeflate: false,
    handshakeTimeout: 60_000,
    createConnection: () =>
      protocol === "wss:"
        ? connectTls({ ...address, secureContext: deps.secureContext })
        : connectTcp(address),
  });
}

/** Opens a bare WebSocket to the target, for clients that do not speak the protocol. */
export async function openSocket(deps: WireDeps, localAddress: string): Promise<WebSocket> {
  const socket = dial(deps, localAddress);
  socket.on("error", () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("close", () => reject(new Error("The connection was refused")));
  });
  return socket;
}

/** Opens a WebSocket for a client that has not sent anything yet. */
export async function connectWire(deps: WireDeps, localAddress: string): Promise<WireClient> {
  const client = new RawClient(dial(deps, localAddress), deps);
  await client.opened;
  return client;
}

/** Connects a client and completes the handshake and the greeting. */
export async function greetWire(deps: WireDeps, localAddress: string): Promise<WireClient> {
  const client = await connectWire(deps, localAddress);
  return client.greet("bench");
}
