import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import { WEBSOCKET_SUBPROTOCOL } from "@tributary/protocol";
import type { FloorFrames } from "./floor-client.ts";
import { answerRequests } from "../load/load-process.ts";
import { startProcessMeter, type ProcessCost } from "./process-meter.ts";

// `bench aggregate` runs this in a process of its own. It measures the floor: what the bytes of a round cost when nothing
// is done with them except TLS, WebSocket framing and one copy into a buffer.

export type FloorRequest =
  | {
      readonly type: "start";
      /** The folder that holds cert.pem and key.pem. */
      readonly tlsDir: string;
      readonly frames: FloorFrames;
    }
  | { readonly type: "zero" }
  | { readonly type: "read" };

export interface FloorAnswer {
  readonly url?: string;
  readonly cost: ProcessCost;
}

const meter = startProcessMeter();

answerRequests<FloorRequest, FloorAnswer>(async (request) => {
  const url = request.type === "start" ? await start(request) : undefined;
  if (request.type === "zero") meter.zero();
  return { ...(url === undefined ? {} : { url }), cost: meter.read() };
});

async function start({
  tlsDir,
  frames,
}: Extract<FloorRequest, { type: "start" }>): Promise<string> {
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
  sockets.on("connection", (socket) => serve(socket, down, upload));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `wss://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function serve(socket: WebSocket, down: readonly Buffer[], upload: Uint8Array): void {
  let filled = 0;
  let downloading = false;
  const send = (index: number): void => {
    downloading = index < down.length;
    // Only one message is on its way at a time, so that memory is bounded as it is in the real server.
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
