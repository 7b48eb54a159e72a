import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WEBSOCKET_SUBPROTOCOL, parseServerKey, seededRandom } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";

import type { ServerOptions } from "../src/config.ts";
import { startServer, type ServerDeps, type TributaryServer } from "../src/server.ts";
import { openMemoryStore } from "../src/storage/memory.ts";
import type { Storage } from "../src/storage/storage.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import { exampleTask } from "@tributary/core/testing";
import { INITIAL, MODEL } from "./coordinator-world.ts";
import { WireClient } from "./gateway-world.ts";
import { testFolder } from "./temporary-folder.ts";

const crypto = createNodeCryptoProvider();
const ONE = { goalCount: 1, overselection: 1, minimumFraction: 1 };

async function start(
  options: ServerOptions = {},
  deps: ServerDeps = {},
): Promise<{ server: TributaryServer; storage: Storage; options: ServerOptions }> {
  const storage = deps.storage ?? openMemoryStore({ crypto });
  const settings: ServerOptions = {
    port: 0,
    adminPort: 0,
    tls: "none",
    minimumCohort: 1,
    dataDir: options.dataDir ?? (await testFolder()),
    ...options,
  };
  const server = await startServer(settings, { logger: silentLogger, storage, ...deps });
  onTestFinished(() => server.close().catch(() => {}));
  return { server, storage, options: settings };
}

async function connect(server: TributaryServer): Promise<WireClient> {
  const socket = new WebSocket(server.url, [WEBSOCKET_SUBPROTOCOL], {
    ...(server.certificate === undefined ? {} : { ca: server.certificate }),
  });
  const client = new WireClient(socket, {
    crypto,
    random: seededRandom(crypto, 3),
    serverKey: parseServerKey(server.serverKey),
  });
  return client.greet();
}

describe("the whole server", () => {
  it("runs a round over its self-signed TLS, stops, and goes on after a restart with the same key", async () => {
    const { server, storage, options } = await start({ tls: "self-signed" });
    expect(server.url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/u);
    const definition = exampleTask({ round: ONE });
    const task = await server.coordinator.createTask(definition, MODEL, INITIAL);
    await server.coordinator.startTask(task.id);
    const client = await connect(server);
    expect((await client.takePart()).outcome).toHaveProperty("committed");
    // A member of a round is told that the round has ended, and then that the server stops.
    await client.joinRound();
    await server.close();
    expect((await client.expect("roundOutcome")).outcome).toEqual({ abandoned: "server-stopping" });
    const stopping = await client.expect("failure");
    expect(stopping.code).toBe("SERVER_STOPPING");
    expect(stopping.retryAfterMs).toBeGreaterThanOrEqual(1_000);
    expect(await client.closed).toBe(4503);

    const again = await start(options, { storage });
    expect(again.server.serverKey).toBe(server.serverKey);
    expect(again.server.certificate).toBe(server.certificate);
    const returning = await connect(again.server);
    const configuration = await returning.joinRound();
    expect(configuration.roundNumber).toBe(2);
    expect((await returning.finishRound(configuration)).outcome).toHaveProperty("committed");
  });

  it("closes once, also when it is closed several times", async () => {
    const { server } = await start();
    const client = await connect(server);
    let hasClosed = false;
    const first = server.close().then(() => (hasClosed = true));
    await server.close();
    expect(hasClosed).toBe(true);
    await first;
    expect(await client.closed).toBe(4503);
    await server.close();
  });

  it("frees what it holds when it cannot start because one of its ports is in use", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise<void>((resolve) => taken.close(() => resolve())));
    const { port } = taken.address() as AddressInfo;
    const storage = openMemoryStore({ crypto });
    const dataDir = await testFolder();
    await expect(start({ port, dataDir }, { storage })).rejects.toMatchObject({
      code: "PORT_IN_USE",
    });
    const free = await start({ dataDir }, { storage });
    const gatewayPort = Number(new URL(free.server.url).port);
    await free.server.close();
    await expect(
      start({ port: gatewayPort, adminPort: port, dataDir }, { storage }),
    ).rejects.toMatchObject({ code: "PORT_IN_USE" });
    // The gateway's port is free again.
    const { server } = await start({ port: gatewayPort, dataDir }, { storage });
    expect(server.url).toBe(`ws://127.0.0.1:${gatewayPort}`);
  });

  it("abandons no round of another server when it cannot start", async () => {
    const { server, storage, options } = await start();
    const task = await server.coordinator.createTask(exampleTask({ round: ONE }), MODEL, INITIAL);
    await server.coordinator.startTask(task.id);
    const port = Number(new URL(server.url).port);
    await expect(start({ ...options, port }, { storage })).rejects.toMatchObject({
      code: "PORT_IN_USE",
    });
    expect(await storage.rounds.rounds(task.id)).toEqual([]);
    expect((await (await connect(server)).takePart()).outcome).toHaveProperty("committed");
  });

  it("frees its other parts when one of them fails to close", async () => {
    const { server } = await start();
    const port = Number(new URL(server.url).port);
    const close = server.coordinator.close.bind(server.coordinator);
    onTestFinished(close);
    server.coordinator.close = () => Promise.reject(new Error("stuck"));
    await expect(server.close()).rejects.toThrow("stuck");
    await start({ port });
  });
});
