import { connect as connectTcp } from "node:net";
import { expect, it } from "vitest";
import { ERROR_CODES, encodeFrame } from "@tributary/protocol";
import { random } from "./support/hostile-client.ts";
import { openWorld } from "./support/hostile-world.ts";

it("random bytes in place of an HTTP request end only the connection", async () => {
  const world = await openWorld();
  const port = Number(new URL(world.server.url).port);
  for (let stranger = 0; stranger < 20; stranger++) {
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(random.bytes(200));
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
  }
  expect(await world.metric('tributary_connections_cut_total{reason="bad-request"}')).toBe(20);
  await world.honestRounds(2);
});

it("random bytes as a frame, handshake, record or message end the session with the right code", async () => {
  const world = await openWorld();
  for (let stranger = 0; stranger < 8; stranger++) {
    const framed = await world.connect();
    framed.sendBytes(Uint8Array.of(7, ...random.bytes(40)));
    expect(await framed.closed).toBe(ERROR_CODES.MALFORMED_FRAME.close);

    const shaken = await world.connect();
    shaken.sendBytes(encodeFrame({ kind: "handshake", body: random.bytes(48) }));
    expect(await shaken.closed).toBe(ERROR_CODES.HANDSHAKE_FAILED.close);

    const recorded = await world.greet();
    recorded.sendBytes(encodeFrame({ kind: "record", body: random.bytes(80) }));
    expect(await recorded.closed).toBe(ERROR_CODES.MALFORMED_FRAME.close);

    const messaged = await world.greet();
    messaged.sendBytes(messaged.seal(Uint8Array.of(0xff, ...random.bytes(60))));
    expect(await messaged.closed).toBe(ERROR_CODES.MALFORMED_FRAME.close);
  }
  const failed = (code: string): Promise<number> =>
    world.metric(`tributary_session_failures_total{code="${code}"}`);
  expect(await failed("MALFORMED_FRAME")).toBe(24);
  expect(await failed("HANDSHAKE_FAILED")).toBe(8);
  await world.honestRounds(2);
});
