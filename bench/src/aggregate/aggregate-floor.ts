import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import { WEBSOCKET_SUBPROTOCOL } from "@tributary/protocol";
import { serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import type { FloorFrames } from "./floor-client.ts";
import { startProcessMeter, type ProcessCost } from "./process-meter.ts";

// `bench aggregate` runs this in a process of its own. It measures the floor: what the bytes of a
// round cost when nothing is done with them except TLS, WebSocket framing and one copy into a
// buffer.

export interface FloorConversation {
  /** Starts listening. It answers the URL. */
  readonly start: { readonly request: FloorSetup; readonly answer: string };
  /** Begins a measurement. */
  readonly zero: { readonly request: void; readonly answer: void };
  /** The cost since the measurement began. */
  readonly read: { readonly request: void; readonly answer: ProcessCost };
}

export interface FloorSetup {
  /** The folder that holds cert.pem and key.pem. */
  readonly tlsDir: string;
  readonly frames: FloorFrames;
}

const meter = startProcessMeter();

serve<FloorConversation>(ownerEndpoint(), {
  start,
  zero: () => meter.zero(),
  read: () => meter.read(),
});

async function start({ tlsDir, frames }: FloorSetup): Promise<string> {
  const server = createServer({
    cert: await readFile(join(tlsDir, "cert.pem")),
    key: await readFile(join(tlsDir, "key.pem")),
  });
  const longest = Buffer.alloc(Math.max(...frames.down), 0x5a);
  const down = frames.down.map((length) => longest.subarray(0, length));
  const upload = new Uint8Array(frames.up.reduce((sum, length) => sum + length, 0));
  const sockets = new WebSocketServer({
    server,
    perMessageDeflate: false,
    handleProtocols: () => WEBSOCKET_SUBPROTOCOL,
  });
  sockets.on("connection", (socket) => exchange(socket, down, upload));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `wss://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function exchange(socket: WebSocket, down: readonly Buffer[], upload: Uint8Array): void {
  let filled = 0;
  let downloading = false;
  const send = (index: number): void => {
    downloading = index < down.length;
    // Only one message is on its way at a time, so that memory is bounded as it is in the real
    // server.
    if (downloading) socket.send(down[index]!, () => send(index + 1));
  };
  socket.on("message", (data: Buffer) => {
    if (data.length === 1 && filled === 0) {
      if (!downloading) send(0);
      return;
    }
    upload.set(data, filled);
    filled += data.length;
    if (filled < upload.length) return;
    filled = 0;
    socket.send(new Uint8Array(1));
  });
  socket.on("error", () => socket.terminate());
}
