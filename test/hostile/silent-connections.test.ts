import { connect as connectTcp, type Socket } from "node:net";
import { expect, it } from "vitest";
import { openWorld } from "./support/hostile-world.ts";

const SILENT = 1_000;

it("a thousand silent connections delay no honest client, and are closed at their deadline", async () => {
  const world = await openWorld({ limits: { handshakeTimeoutMs: 3_000 } });
  const port = Number(new URL(world.server.url).port);
  const ended: Promise<unknown>[] = [];
  const connected: Promise<unknown>[] = [];
  for (let stranger = 0; stranger < SILENT; stranger++) {
    const socket: Socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    connected.push(new Promise((resolve) => socket.once("connect", resolve)));
    ended.push(new Promise((resolve) => socket.once("close", resolve)));
  }
  await Promise.all(connected);
  await world.honestRounds(2);
  await Promise.all(ended);
  const cut = 'tributary_connections_cut_total{reason="handshake-timeout"}';
  expect(await world.metric(cut)).toBe(SILENT);
  await world.honestRounds(2);
});

it("connections above the limit of an address are refused, and its other connections go on", async () => {
  const world = await openWorld({ limits: { maxConnectionsPerAddress: 20 } });
  await world.honestRounds(1); // The honest clients are connected now.
  const port = Number(new URL(world.server.url).port);
  const sockets: Socket[] = [];
  for (let stranger = 0; stranger < 100; stranger++) {
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => {});
    sockets.push(socket);
  }
  const cut = 'tributary_connections_cut_total{reason="address-connections"}';
  await world.reaches(cut, 82);
  await world.honestRounds(2);
  for (const socket of sockets) socket.destroy();
});
