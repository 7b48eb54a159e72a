// A gateway on loopback in front of a coordinator in memory, and a client that is written by hand,
// so that it can also misbehave.
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import {
  WEBSOCKET_SUBPROTOCOL,
  concatBytes,
  serverKeyOf,
  type ErrorCode,
  type ServerKey,
  type ServerMessage,
} from "@tributary/protocol";
import { RawClient, type Configuration } from "@tributary/protocol/testing";

import { Enrolment } from "../src/enrolment/enrolment.ts";
import { Gateway, type GatewayOptions } from "../src/gateway/gateway.ts";
import { TrustedProxies } from "../src/gateway/trusted-proxies.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import { EventFeed } from "../src/telemetry/event-feed.ts";
import type { CutReason } from "../src/telemetry/server-event.ts";
import type { SessionHost } from "../src/gateway/session-deps.ts";
import { makeWorld, type World, type WorldOptions } from "./coordinator-world.ts";

export interface GatewayWorld extends World {
  readonly gateway: Gateway;
  readonly enrolment: Enrolment;
  readonly url: string;
  readonly serverKey: ServerKey;
  /** The error codes of the sessions that failed, in order. */
  readonly failures: ErrorCode[];
  /** The reasons for which the gateway has cut connections by itself, in order. */
  readonly cuts: CutReason[];
  /** For each request that was refused as too many: whose share was used up, in order. */
  readonly rateLimited: string[];
  /** Connects a client that has sent nothing yet. */
  connect(options?: ConnectOptions): Promise<WireClient>;
  /** Connects a client and greets. */
  greet(options?: ConnectOptions): Promise<WireClient>;
}

interface ConnectOptions {
  /** Where to connect to, if not straight to the gateway. */
  readonly url?: string;
  readonly protocols?: string[];
  readonly autoPong?: boolean;
  readonly serverKey?: ServerKey;
  /** The client's address as a proxy would give it. */
  readonly forwardedFor?: string;
  readonly localAddress?: string;
}

export async function startGateway(
  options: WorldOptions & {
    readonly tls?: GatewayOptions["tls"];
    readonly trustedProxies?: readonly string[];
    readonly host?: SessionHost;
  } = {},
): Promise<GatewayWorld> {
  const world = makeWorld(options);
  const { crypto, secrets, random } = world;
  const failures: ErrorCode[] = [];
  const cuts: CutReason[] = [];
  const rateLimited: string[] = [];
  const events = new EventFeed(silentLogger);
  events.subscribe((event) => {
    if (event.type === "session-failed") failures.push(event.code);
    if (event.type === "connection-cut") cuts.push(event.reason);
    if (event.type === "request-limited") rateLimited.push(event.share);
  });
  const { tls } = options;
  const enrolment = await Enrolment.load({
    store: world.storage.access,
    crypto,
    clock: world.clock,
    limits: world.limits,
    onRateLimited: () => events.publish({ type: "request-limited", share: "device" }),
  });
  const gateway = new Gateway(
    {
      host: "127.0.0.1",
      port: 0,
      ...(tls === undefined ? {} : { tls }),
      ...(options.trustedProxies === undefined
        ? {}
        : { trustedProxies: new TrustedProxies(options.trustedProxies) }),
    },
    {
      host: options.host ?? world.coordinator,
      doorkeeper: enrolment,
      crypto,
      random,
      secrets,
      clock: world.clock,
      limits: world.limits,
      logger: options.logger ?? { debug() {}, info() {}, warn() {}, error() {} },
      events,
    },
  );
  const port = await gateway.start();
  const url = `${options.tls === undefined ? "ws" : "wss"}://127.0.0.1:${port}`;
  onTestFinished(async () => {
    await world.coordinator.close();
    await gateway.close();
  });
  const serverKey = serverKeyOf(crypto, secrets);
  const connect = async (how: ConnectOptions = {}): Promise<WireClient> => {
    const socket = new WebSocket(how.url ?? url, how.protocols ?? [WEBSOCKET_SUBPROTOCOL], {
      perMessageDeflate: false,
      autoPong: how.autoPong ?? true,
      ...(how.forwardedFor === undefined
        ? {}
        : { headers: { "x-forwarded-for": how.forwardedFor } }),
      ...(how.localAddress === undefined ? {} : { localAddress: how.localAddress }),
      ...(tls === undefined ? {} : { ca: tls.cert }),
    });
    const client = new WireClient(socket, {
      crypto,
      random: random.derive("client"),
      serverKey: how.serverKey ?? serverKey,
    });
    await client.opened;
    return client;
  };
  return {
    ...world,
    gateway,
    enrolment,
    url,
    serverKey,
    failures,
    cuts,
    rateLimited,
    connect,
    async greet(how) {
      const client = await connect(how);
      return client.greet();
    },
  };
}

/** Waits until `holds` returns true, while sockets do their work. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`It never happened: ${what}`);
}

/** A client that does what a test tells it, and that knows the tests' tasks. */
export class WireClient extends RawClient<WebSocket> {
  override checkIn(population = "writers", changes: CheckInChanges = {}): void {
    super.checkIn(population, { codecs: ["float32"], maxParameters: 1_000, ...changes });
  }

  override joinRound(population = "writers", changes?: CheckInChanges): Promise<Configuration> {
    return super.joinRound(population, changes);
  }

  /** @returns The report's payload. */
  begin(configuration: Configuration, update: Float32Array = ONES): Uint8Array {
    const payload = new Uint8Array(update.buffer);
    this.beginReport(configuration, {
      updateBytes: payload.length,
      metrics: [
        { name: "loss", value: 1 },
        { name: "accuracy", value: 0.5 },
      ],
    });
    return payload;
  }

  /** Takes part in one round, from the check-in to the outcome. */
  async takePart(population?: string): Promise<Extract<ServerMessage, { type: "roundOutcome" }>> {
    const configuration = await this.joinRound(population);
    return this.finishRound(configuration);
  }

  async finishRound(
    configuration: Configuration,
  ): Promise<Extract<ServerMessage, { type: "roundOutcome" }>> {
    this.configured(configuration);
    const payload = this.begin(configuration);
    await this.expect("reportGrant");
    this.send({ type: "reportChunk", data: payload.subarray(0, 7) });
    this.send({ type: "reportChunk", data: payload.subarray(7) });
    const result = await this.expect("reportResult");
    if (result.refused !== undefined) throw new Error(`Refused: ${result.refused.code}`);
    return this.expect("roundOutcome");
  }

  /** Sends a request that is answered at once. Everything sent before has been handled then. */
  async roundTrip(): Promise<void> {
    this.send({ type: "modelRequest", population: "no-such-population", heldArtifacts: [] });
    const failure = await this.expect("failure");
    if (failure.code !== "MODEL_UNAVAILABLE") throw new Error(failure.code);
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

type CheckInChanges = Parameters<RawClient["checkIn"]>[1];

const ONES: Float32Array = new Float32Array(5).fill(1);

/** Makes a frame of any kind with any body, also one that the protocol does not have. */
export function frameOf(kind: number, body: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(kind), body);
}
