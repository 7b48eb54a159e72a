import { openSocket, type WireDeps } from "../load/wire-client.ts";
import type { WebSocket } from "ws";

/** The WebSocket messages of one client in a round: the length of each, in bytes. */
export interface FloorFrames {
  readonly down: readonly number[];
  readonly up: readonly number[];
}

/** A client that moves a round's bytes over a WebSocket and does nothing with them. */
export class FloorClient {
  readonly #socket: WebSocket;
  readonly #up: readonly Uint8Array[];
  readonly #downBytes: number;
  #received = 0;
  #onBytes: (() => void) | undefined;

  private constructor(socket: WebSocket, frames: FloorFrames) {
    this.#socket = socket;
    const longest = new Uint8Array(Math.max(...frames.up)).fill(0x5a);
    this.#up = frames.up.map((length) => longest.subarray(0, length));
    this.#downBytes = frames.down.reduce((sum, length) => sum + length, 0);
    socket.on("message", (data: Buffer) => {
      this.#received += data.length;
      this.#onBytes?.();
    });
  }

  static async connect(
    deps: WireDeps,
    localAddress: string,
    frames: FloorFrames,
  ): Promise<FloorClient> {
    return new FloorClient(await openSocket(deps, localAddress), frames);
  }

  /** Asks for the download. Resolves when all of it has arrived. */
  async download(): Promise<void> {
    this.#socket.send(new Uint8Array(1));
    await this.#receive(this.#downBytes);
  }

  /** Sends the upload. Resolves when the server has received all of it. */
  async upload(): Promise<void> {
    for (const frame of this.#up) this.#socket.send(frame);
    await this.#receive(1);
  }

  #receive(bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const closed = (): void => reject(new Error("The connection is closed"));
      this.#socket.once("close", closed);
      this.#onBytes = () => {
        if (this.#received < bytes) return;
        this.#received -= bytes;
        this.#onBytes = undefined;
        this.#socket.off("close", closed);
        resolve();
      };
      this.#onBytes();
    });
  }
}
