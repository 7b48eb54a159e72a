import { connect as connectTcp } from "node:net";
import { connect as connectTls, createSecureContext, type SecureContext } from "node:tls";
import { WebSocket } from "ws";
import { WEBSOCKET_SUBPROTOCOL, cryptographicRandom, parseServerKey } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { RawClient, type RawClientDeps } from "@tributary/protocol/testing";

/** Where a benchmark's clients connect, in a form that can be sent to another process. */
export interface BenchTarget {
  readonly url: string;
  readonly serverKey: string;
  /** PEM of the server's certificate. */
  readonly certificate: string;
}

/** What all clients of a process share. */
export interface WireDeps extends RawClientDeps {
  readonly target: BenchTarget;
  readonly secureContext: SecureContext;
}

/** A client without an SDK: it speaks the protocol through WebSocket, TLS and the inner channel, right or wrong. */
export type WireClient = RawClient<WebSocket>;

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
 * One of this machine's own addresses. Linux has all of 127.0.0.0/8, so that clients can come from many addresses as
 * they would from a network; elsewhere there is one.
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

/** Opens a WebSocket to the target, for whoever speaks no protocol over it. */
export async function openSocket(deps: WireDeps, localAddress: string): Promise<WebSocket> {
  const socket = dial(deps, localAddress);
  socket.on("error", () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("close", () => reject(new Error("The connection was refused")));
  });
  return socket;
}

/** Opens a WebSocket, and says nothing yet. */
export async function connectWire(deps: WireDeps, localAddress: string): Promise<WireClient> {
  const client = new RawClient(dial(deps, localAddress), deps);
  await client.opened;
  return client;
}

/** Connects and goes through handshake and greeting. */
export async function greetWire(deps: WireDeps, localAddress: string): Promise<WireClient> {
  const client = await connectWire(deps, localAddress);
  return client.greet("bench");
}
