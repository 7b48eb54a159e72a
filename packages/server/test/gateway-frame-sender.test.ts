import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DEFAULT_LIMITS } from "@tributary/protocol";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

import { FrameSender } from "../src/gateway/frame-sender.ts";
import { Heartbeat } from "../src/gateway/heartbeat.ts";
import { SendTurns } from "../src/gateway/send-turns.ts";
import { ManualClock } from "@tributary/protocol/testing";
import { eventually } from "./gateway-world.ts";

/** Both ends of a real WebSocket. The client's end counts the bytes that arrive. */
async function connected(): Promise<{
  readonly server: WebSocket;
  readonly client: WebSocket;
  readonly received: Buffer[];
}> {
  const http = createServer();
  const webSockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const accepted = new Promise<WebSocket>((resolve) => webSockets.once("connection", resolve));
  const client = new WebSocket(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`);
  const received: Buffer[] = [];
  client.on("message", (data: Buffer) => received.push(data));
  client.on("error", () => {});
  await new Promise((resolve) => client.once("open", resolve));
  const server = await accepted;
  onTestFinished(async () => {
    client.terminate();
    server.terminate();
    await new Promise((resolve) => http.close(resolve));
  });
  return { server, client, received };
}

/** Bytes of a chunk: four times what a server sends by default. */
const CHUNK_BYTES = 262_144;

/** Makes numbered chunks. There are more of them than fit the operating system's buffers. */
function modelFrames(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const frame = new Uint8Array(CHUNK_BYTES);
    new DataView(frame.buffer).setUint32(0, index, true);
    return frame;
  });
}

/** Waits until sockets have taken what they can. */
async function immediates(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const limits = DEFAULT_LIMITS;

function senderTo(
  socket: WebSocket,
  turns?: SendTurns,
  clock: ManualClock = new ManualClock(),
): FrameSender {
  return new FrameSender(socket, {
    clock,
    limits,
    turns: turns ?? new SendTurns(clock),
    heartbeat: new Heartbeat({
      clock,
      limits,
      bytesRead: () => 0,
      isTraining: () => false,
      probe() {},
    }),
    onSlowReader: () => socket.terminate(),
  });
}

describe("sending to one client", () => {
  const frames = modelFrames(64);
  const most = limits.maxBufferedSendBytes + CHUNK_BYTES + 64;

  it("holds only a bounded part of the model for a client that does not read", async () => {
    const { server, client, received } = await connected();
    const sender = senderTo(server);
    client.pause();
    sender.streamChunks(frames);
    let highest = 0;
    for (let turn = 0; turn < 300; turn++) {
      await immediates(1);
      highest = Math.max(highest, server.bufferedAmount);
    }
    expect(highest).toBeLessThanOrEqual(most);
    expect(received.length).toBe(0);
    expect(sender.takeBytesSent()).toBeLessThan(64 * CHUNK_BYTES);
    // When the client reads again, sending goes on where it stopped.
    client.resume();
    await eventually("everything has come", () => received.length === 64);
    expect(received.map((frame) => frame.readUInt32LE(0))).toEqual(frames.map((_, i) => i));
  });

  it("sends records between the chunks of a slow client at once", async () => {
    const { server, client, received } = await connected();
    const sender = senderTo(server);
    client.pause();
    sender.streamChunks(frames);
    await immediates(50);
    sender.send(Uint8Array.of(7, 7));
    sender.stopChunks();
    client.resume();
    await eventually("the record has come", () => received.at(-1)?.length === 2);
    await immediates(50);
    expect(received.at(-1)?.length).toBe(2); // and no chunk after `stopChunks`
    expect(received.length).toBeLessThan(64);
  });

  it("sends the next model after the last one was stopped half way", async () => {
    const { server, client, received } = await connected();
    const sender = senderTo(server);
    client.pause();
    sender.streamChunks(frames);
    await immediates(50);
    sender.stopChunks();
    const next = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)];
    sender.streamChunks(next);
    client.resume();
    await eventually("the next model has come", () => received.at(-1)?.length === 1);
    await eventually("all of it", () => received.filter(({ length }) => length === 1).length === 3);
    expect(received.slice(-3).map((frame) => frame[0])).toEqual([1, 2, 3]);
  });

  it("cuts a client that lets records pile up", async () => {
    const { server, client } = await connected();
    const sender = senderTo(server);
    client.pause();
    const record = new Uint8Array(65_536);
    let sent = 0;
    while (server.readyState === WebSocket.OPEN && sent < 1_000) {
      sender.send(record);
      expect(server.bufferedAmount).toBeLessThanOrEqual(
        2 * limits.maxBufferedSendBytes + 2 * record.length,
      );
      sent += 1;
      await immediates(1);
    }
    expect(server.readyState).not.toBe(WebSocket.OPEN);
    expect(sent).toBeLessThan(1_000);
    // After that it sends nothing more, and does not throw.
    sender.send(record);
    sender.streamChunks(frames);
    sender.close(1000, "");
  });

  it("cuts a client that reads nothing for too long, and counts from its last proof that it reads", async () => {
    const clock = new ManualClock();
    const { server, client } = await connected();
    const sender = senderTo(server, undefined, clock);
    client.pause();
    sender.streamChunks(frames);
    await immediates(50);
    clock.advance(limits.sendTimeoutMs - 1);
    sender.hasRead();
    clock.advance(limits.sendTimeoutMs - 1);
    expect(server.readyState).toBe(WebSocket.OPEN);
    clock.advance(1);
    expect(server.readyState).not.toBe(WebSocket.OPEN);
  });

  it("sends nothing for an empty model, and sends records after it", async () => {
    const { server, received } = await connected();
    const sender = senderTo(server);
    sender.streamChunks([]);
    sender.send(Uint8Array.of(1));
    await eventually("the record has come", () => received.length === 1);
  });
});

describe("sending to many clients", () => {
  it("gives other work its turn after each megabyte, however many clients there are", async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => connected()));
    const turns = new SendTurns(new ManualClock());
    const senders = all.map(({ server }) => senderTo(server, turns));
    const frames = modelFrames(8);
    let sent = 0;
    let most = 0;
    let done = false;
    const watch = (): void => {
      const now = senders.reduce((sum, sender) => sum + sender.takeBytesSent(), 0);
      most = Math.max(most, now);
      sent += now;
      if (!done) setImmediate(watch);
    };
    for (const sender of senders) sender.streamChunks(frames);
    watch();
    await eventually("everything has come", () =>
      all.every(({ received }) => received.length === 8),
    );
    done = true;
    expect(sent).toBe(8 * 8 * CHUNK_BYTES);
    expect(most).toBeLessThan(1_048_576 + CHUNK_BYTES);
    for (const { received } of all) {
      expect(received.map((frame) => frame.readUInt32LE(0))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }
  });

  it("goes on with the other clients when one has gone", async () => {
    const [one, other] = await Promise.all([connected(), connected()]);
    const turns = new SendTurns(new ManualClock());
    const frames = modelFrames(4);
    senderTo(one.server, turns).streamChunks(frames);
    senderTo(other.server, turns).streamChunks(frames);
    one.server.terminate();
    await eventually("the other has all", () => other.received.length === 4);
    expect(one.received.length).toBe(0);
  });

  it("keeps a bounded number of bytes for clients that do not read, and soon goes on with others", async () => {
    const clock = new ManualClock();
    const turns = new SendTurns(clock);
    const asleep = await Promise.all(Array.from({ length: 80 }, () => connected()));
    const frames = modelFrames(64);
    for (const { client } of asleep) client.pause();
    for (const { server } of asleep) senderTo(server, turns).streamChunks(frames);
    const held = (): number => asleep.reduce((sum, { server }) => sum + server.bufferedAmount, 0);
    let before = -1;
    while (held() !== before || before === 0) {
      before = held();
      await immediates(50);
    }
    // 64 pieces are under way, and not all 80.
    expect(held()).toBeGreaterThan(16_777_216 / 2);
    expect(held()).toBeLessThan(16_777_216 + 2 * CHUNK_BYTES);
    const awake = await connected();
    senderTo(awake.server, turns).streamChunks(frames.slice(0, 4));
    await immediates(50);
    expect(awake.received.length).toBe(0);
    clock.advance(250);
    await eventually("the one that reads has all", () => awake.received.length === 4);
    expect(held()).toBeLessThan(80 * 2 * CHUNK_BYTES);
  });
});
