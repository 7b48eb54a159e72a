import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP door whose address stays while the server behind it comes and goes. */
export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #target: number | undefined;
  /** Connections that wait until there is somewhere to lead them. */
  #held: Socket[] = [];
  #bytesLeft = Number.POSITIVE_INFINITY;
  #whenPassed: () => void = () => {};

  private constructor() {
    this.#server = createServer((client) => this.#forward(client));
  }

  static async open(): Promise<Relay> {
    const relay = new Relay();
    await new Promise<void>((resolve) => relay.#server.listen(0, "127.0.0.1", resolve));
    return relay;
  }

  get url(): string {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("The relay is closed");
    return `ws://127.0.0.1:${address.port}`;
  }

  /** The server is away: connections wait. */
  hold(): void {
    this.#target = undefined;
  }

  /** Where connections lead from now on: a server's URL. */
  leadTo(url: string): void {
    this.#target = Number(new URL(url).port);
    for (const client of this.#held.splice(0)) this.#forward(client);
  }

  /** Calls once when so many more bytes have gone towards the server; what comes after them is held back. */
  afterBytes(count: number, passed: () => void): void {
    this.#bytesLeft = count;
    this.#whenPassed = passed;
  }

  /** What is connected hears nothing any more, of neither side, and no end either. Others can connect. */
  fallSilent(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.removeAllListeners("data");
      socket.pause();
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #forward(client: Socket): void {
    if (this.#target === undefined) {
      this.#held.push(client);
      this.#sockets.add(client);
      return;
    }
    const upstream = connect({ host: "127.0.0.1", port: this.#target });
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (bytes: Buffer) => {
      const isCut = bytes.length > this.#bytesLeft;
      upstream.write(isCut ? bytes.subarray(0, this.#bytesLeft) : bytes);
      this.#bytesLeft -= bytes.length;
      if (!isCut) return;
      this.#bytesLeft = Number.POSITIVE_INFINITY;
      client.pause();
      this.#whenPassed();
    });
    upstream.pipe(client);
  }
}
