import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/**
 * A TCP relay in front of a server that holds back what the server sends, like a slow link behind a
 * proxy with a large buffer. What clients send goes through at once.
 */
export interface MeteredRelay {
  /** Where clients connect to. */
  readonly url: string;
  /** Bytes of the server that the relay holds. */
  readonly heldBytes: () => number;
  /** Lets so many more bytes of the server through to the clients. */
  readonly allow: (bytes: number) => void;
  /** Takes back what was allowed and not used. */
  readonly stop: () => void;
  /** Allows so many bytes, and waits until clients have answered what was in them. */
  readonly settled: (bytes: number) => Promise<void>;
}

/** @param url - The server's address, with `ws://`. */
export async function startMeteredRelay(url: string): Promise<MeteredRelay> {
  const sockets = new Set<Socket>();
  const held: { readonly client: Socket; readonly bytes: Buffer }[] = [];
  let allowance = 0;
  const pass = (): void => {
    while (allowance > 0) {
      const first = held.shift();
      if (first === undefined) return;
      const { client, bytes } = first;
      const now = bytes.subarray(0, allowance);
      if (now.length < bytes.length) held.unshift({ client, bytes: bytes.subarray(now.length) });
      allowance -= now.length;
      client.write(now);
    }
  };
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(url).port), "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on("data", (bytes: Buffer) => {
      held.push({ client, bytes });
      pass();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const allow = (bytes: number): void => {
    allowance += bytes;
    pass();
  };
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heldBytes: () => held.reduce((sum, { bytes }) => sum + bytes.length, 0),
    allow,
    stop: () => (allowance = 0),
    async settled(bytes) {
      allow(bytes);
      // All sockets are of this process, so that a few turns of its event loop carry an answer.
      for (let turn = 0; turn < 40; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
