import { connect as connectTcp } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  encodeFrame,
  updateCodec,
  type ClientMessage,
  type RoundId,
  type ServerMessage,
  type ServerMessageType,
} from "@tributary/protocol";
import type { Configuration } from "@tributary/protocol/testing";
import {
  connectWire,
  greetWire,
  loopbackAddress,
  type WireClient,
  type WireDeps,
} from "../load/wire-client.ts";

/**
 * A client that misbehaves, from its connection to its end. It may reject when the server cuts its
 * connection.
 */
export type Attack = (deps: WireDeps, localAddress: string) => Promise<void>;

const NO_ROUND = `rnd_${"0".repeat(32)}` as RoundId;
/** How long a client stays that only waits, milliseconds. */
const LINGER_MS = 3_000;
/** Pause of a slow client between two small pieces, milliseconds. */
const DRIP_MS = 20;

/**
 * The attacks of `bench hostile`, by name. The tests in test/hostile say how a server must answer
 * each of them.
 */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  "bytes that are no TLS": async (deps, localAddress) => {
    const { hostname, port } = new URL(deps.target.url);
    const socket = connectTcp({ host: hostname, port: Number(port), localAddress });
    socket.on("error", () => {});
    socket.write(deps.random.bytes(512));
    socket.resume();
    await ended(socket);
  },
  "a connection that says nothing": async (deps, localAddress) => {
    const { hostname, port } = new URL(deps.target.url);
    const socket = connectTcp({ host: hostname, port: Number(port), localAddress });
    socket.on("error", () => {});
    await Promise.race([sleep(LINGER_MS), ended(socket)]);
    socket.destroy();
  },
  "frames of random bytes": async (deps, localAddress) => {
    const client = await connectWire(deps, localAddress);
    client.sendBytes(deps.random.bytes(60));
    await client.closed;
  },
  "a handshake and then nothing": async (deps, localAddress) => {
    const client = await connectWire(deps, localAddress);
    await client.shakeHands();
    await lingerOn(client);
  },
  "records of random bytes": async (deps, localAddress) => {
    const client = await greetWire(deps, localAddress);
    client.sendBytes(encodeFrame({ kind: "record", body: deps.random.bytes(200) }));
    await client.closed;
  },
  "messages of random bytes": async (deps, localAddress) => {
    const client = await greetWire(deps, localAddress);
    client.sendRecord(deps.random.bytes(100));
    await client.closed;
  },
  "messages in the wrong order": async (deps, localAddress) => {
    const client = await greetWire(deps, localAddress);
    const messages: readonly ClientMessage[] = [
      { type: "configured", roundId: NO_ROUND },
      { type: "reportChunk", data: deps.random.bytes(64) },
      { type: "hello", oldestVersion: 1, newestVersion: 1, software: "bench" },
    ];
    client.send(messages[(deps.random.bytes(1)[0] ?? 0) % messages.length]!);
    await client.closed;
  },
  "a frame that is too large": async (deps, localAddress) => {
    const client = await greetWire(deps, localAddress);
    client.sendBytes(new Uint8Array(1 << 20));
    await client.closed;
  },
  "a frame byte by byte": async (deps, localAddress) => {
    const client = await greetWire(deps, localAddress);
    for (let byte = 0; byte < 100 && client.socket.readyState === client.socket.OPEN; byte++) {
      client.socket.send(deps.random.bytes(1), { fin: false });
      await sleep(DRIP_MS);
    }
    client.socket.terminate();
  },
  "requests without a pause, and no reading": async (deps, localAddress) => {
    const client = await greetWire(deps, localAddress);
    client.socket.pause();
    for (let request = 0; request < 100; request++) {
      client.send({ type: "modelRequest", population: "honest", heldArtifacts: [] });
      client.socket.ping();
    }
    await lingerOn(client);
  },
  "probes without end": async (deps, localAddress) => {
    const client = await greetWire(deps, localAddress);
    for (let probe = 0; probe < 1_000; probe++) client.socket.ping();
    await client.closed;
  },
  "a member whose update is NaN": async (deps, localAddress) => {
    const { client, round } = await member(deps, localAddress);
    const payload = new Uint8Array(PAYLOAD_BYTES);
    payload.fill(0xff); // block headers that are NaN
    begin(client, round, payload.length);
    await client.waitFor("reportGrant");
    client.send({ type: "reportChunk", data: payload });
    await client.waitFor("reportResult");
    client.socket.terminate();
  },
  "a member that never ends its report": async (deps, localAddress) => {
    const { client, round } = await member(deps, localAddress);
    begin(client, round, PAYLOAD_BYTES);
    await client.waitFor("reportGrant");
    client.send({ type: "reportChunk", data: new Uint8Array(10) });
    await lingerOn(client);
  },
  "a member that uploads as slowly as it may": async (deps, localAddress) => {
    const { client, round } = await member(deps, localAddress);
    begin(client, round, PAYLOAD_BYTES);
    await client.waitFor("reportGrant");
    for (let piece = 0; piece < SLOW_PIECES; piece++) {
      client.send({
        type: "reportChunk",
        data: new Uint8Array(Math.floor(PAYLOAD_BYTES / SLOW_PIECES)),
      });
      await sleep(LINGER_MS / SLOW_PIECES);
    }
    client.socket.terminate();
  },
  "a member that withdraws, again and again": async (deps, localAddress) => {
    const client = await greetWire(deps, localAddress);
    const untilMs = performance.now() + LINGER_MS;
    while (performance.now() < untilMs) {
      client.checkIn("honest");
      const answer = await oneOf(client, ["roundConfiguration", "rejection"]);
      // It does not wait as long as it is told.
      if (answer.type === "rejection") await sleep(DRIP_MS);
      else if (answer.type === "roundConfiguration") {
        const { roundId } = answer;
        client.send({ type: "withdraw", roundId, code: "TRAINING_FAILED", message: "" });
      }
    }
    client.socket.terminate();
  },
  "half-open connections of twenty addresses": async (deps) => {
    const { hostname, port } = new URL(deps.target.url);
    const localAddress = loopbackAddress(1 + ((deps.random.bytes(1)[0] ?? 0) % 20));
    const sockets = Array.from({ length: HALF_OPEN }, () =>
      connectTcp({ host: hostname, port: Number(port), localAddress }).on("error", () => {}),
    );
    await sleep(LINGER_MS);
    for (const socket of sockets) socket.destroy();
  },
  "requests for the model without end": async (deps, localAddress) => {
    const client = await greetWire(deps, localAddress);
    const untilMs = performance.now() + LINGER_MS;
    while (performance.now() < untilMs) {
      client.requestModel("honest");
      await oneOf(client, ["modelOffer", "failure"]);
    }
    client.socket.terminate();
  },
  "a report that claims a million examples": (deps, localAddress) =>
    report(deps, localAddress, { exampleCount: 1_048_576, size: 1e-4 }),
  "an update with a huge norm": (deps, localAddress) =>
    report(deps, localAddress, { exampleCount: 10, size: 1e3 }),
  "a member that reports for another": async (deps, localAddress) => {
    const { client, round } = await member(deps, localAddress);
    begin(client, { ...round, reportNonce: deps.random.bytes(16) }, PAYLOAD_BYTES);
    await client.waitFor("reportResult");
    client.socket.terminate();
  },
};

/** Number of values in an update of the benchmark's task: 784 × 10 weights and 10 biases. */
const DIMENSION = 7_850;
const CODEC = updateCodec({ codec: "uniform", bits: 8 });
const PAYLOAD_BYTES = CODEC.payloadBytes(DIMENSION).max;
/** In how many pieces a slow upload comes. */
const SLOW_PIECES = 10;
/** How many connections are held half-open at a time. */
const HALF_OPEN = 100;

/** Takes part once, with a report of the right shape whose values are of this size. */
async function report(
  deps: WireDeps,
  localAddress: string,
  { exampleCount, size }: { readonly exampleCount: number; readonly size: number },
): Promise<void> {
  const { client, round } = await member(deps, localAddress);
  const values = Float32Array.from({ length: DIMENSION }, (_, index) => (index % 2 ? size : -size));
  const payload = CODEC.encode(values, deps.random);
  client.beginReport(round, { codec: "uniform", updateBytes: payload.length, exampleCount });
  if ((await oneOf(client, ["reportGrant", "reportResult"])).type === "reportGrant") {
    client.send({ type: "reportChunk", data: payload });
    await client.waitFor("reportResult");
  }
  client.socket.terminate();
}

/** The next message of one of these types. Whatever comes before it is dropped. */
async function oneOf(
  client: WireClient,
  types: readonly ServerMessageType[],
): Promise<ServerMessage> {
  for (;;) {
    const received = await client.next();
    if ("type" in received && types.includes(received.type)) return received;
  }
}

async function member(
  deps: WireDeps,
  localAddress: string,
): Promise<{ readonly client: WireClient; readonly round: Configuration }> {
  const client = await greetWire(deps, localAddress);
  client.checkIn("honest");
  const round = await client.waitFor("roundConfiguration");
  client.configured(round);
  return { client, round };
}

function begin(client: WireClient, round: Configuration, updateBytes: number): void {
  client.beginReport(round, { codec: "uniform", updateBytes });
}

async function lingerOn(client: WireClient): Promise<void> {
  await Promise.race([sleep(LINGER_MS), client.closed]);
  client.socket.terminate();
}

function ended(socket: import("node:net").Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
