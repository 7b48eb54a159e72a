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
/** The seed of everything that these tests draw. */
export const random: RandomSource = seededRandom(crypto, 2_026);

/** Parameters of the model that all these tests train: logistic regression from 784 to 10. */
export const DIMENSION = 7_850;

/** A client that does as a test tells it, and knows the tests' model. */
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

  /** A whole report of this update. @returns What the server said to it. */
  async report(
    configuration: Configuration,
    update: Float32Array,
  ): Promise<Extract<ServerMessage, { type: "reportResult" }>> {
    this.configured(configuration);
    this.begin(configuration);
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
