import { WebSocket } from "ws";
import {
  WEBSOCKET_SUBPROTOCOL,
  parseServerKey,
  seededRandom,
  type ClientMessage,
  type RandomSource,
  type ServerMessage,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { RawClient, type Configuration } from "@tributary/protocol/testing";

export const crypto = createNodeCryptoProvider();
/** The source of everything that these tests draw. */
export const random: RandomSource = seededRandom(crypto, 2_026);

/**
 * The number of parameters of the model in all these tests: logistic regression from 784 inputs to
 * 10 classes.
 */
export const DIMENSION = 7_850;

/** A client that does what a test tells it, and knows the model of the tests. */
export class HostileClient extends RawClient<WebSocket> {
  static async connect(
    url: string,
    serverKey: string,
    options: { readonly localAddress?: string; readonly autoPong?: boolean } = {},
  ): Promise<HostileClient> {
    const socket = new WebSocket(url, [WEBSOCKET_SUBPROTOCOL], {
      perMessageDeflate: false,
      ...options,
    });
    const deps = { crypto, random, serverKey: parseServerKey(serverKey) };
    const client = new HostileClient(socket, deps);
    await client.opened;
    return client;
  }

  begin(
    configuration: Configuration,
    changes: Partial<Extract<ClientMessage, { type: "reportBegin" }>> = {},
  ): void {
    this.beginReport(configuration, { updateBytes: 4 * DIMENSION, ...changes });
  }

  /** Sends a whole report with this update. @returns The server's answer. */
  async report(
    configuration: Configuration,
    update: Float32Array,
    header: Partial<Extract<ClientMessage, { type: "reportBegin" }>> = {},
  ): Promise<Extract<ServerMessage, { type: "reportResult" }>> {
    this.configured(configuration);
    this.begin(configuration, header);
    await this.expect("reportGrant");
    this.send({ type: "reportChunk", data: payloadOf(update) });
    return this.expect("reportResult");
  }
}

export function payloadOf(update: Float32Array): Uint8Array {
  return new Uint8Array(update.buffer, update.byteOffset, update.byteLength);
}

/** An update that an honest client may send. */
export const honestUpdate: Float32Array = new Float32Array(DIMENSION).fill(0.01);
