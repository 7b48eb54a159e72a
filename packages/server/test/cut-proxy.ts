import { connect, createServer, type Socket } from "node:net";

/** A TCP proxy in front of a server. A test can close it, and can let it drop an answer. */
export interface CutProxy {
  readonly port: number;
  /**
   * Forwards the next message that contains `text`, waits for its answer, and then cuts the
   * connection instead of forwarding the answer.
   */
  readonly loseAnswerTo: (text: string) => Promise<void>;
  /**
   * Forwards nothing any more, in either direction, and closes nothing, like a dead link. The same
   * is true for new connections.
   */
  readonly freeze: () => void;
  /** Forwards what has been held back, and everything that follows. */
  readonly thaw: () => void;
  /** Cuts all connections and refuses new ones. */
  readonly close: () => Promise<void>;
  /** Accepts connections again, on the same port. */
  readonly reopen: () => Promise<void>;
}

export async function startCutProxy(target: { host: string; port: number }): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let armed: { text: string; done: () => void } | undefined;
  const server = createServer((client) => {
    const upstream = connect(target);
    let cut: (() => void) | undefined;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    if (isFrozen) for (const socket of [client, upstream]) socket.pause();
    client.on("data", (bytes: Buffer) => {
      if (armed !== undefined && bytes.includes(armed.text)) {
        cut = armed.done;
        armed = undefined;
      }
      upstream.write(bytes);
    });
    upstream.on("data", (bytes: Buffer) => {
      if (cut === undefined) client.write(bytes);
      else {
        client.destroy();
        cut();
      }
    });
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  await listen(0);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    loseAnswerTo: (text) =>
      new Promise((done) => {
        armed = { text, done };
      }),
    freeze: () => {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw: () => {
      isFrozen = false;
      for (const socket of sockets) socket.resume();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    reopen: () => listen(port),
  };
}
