// A gateway on loopback in front of a coordinator in memory, and a client made by hand that can also misbehave.
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
  /** Codes of the sessions that failed, in order. */
  readonly failures: ErrorCode[];
  /** Why connections were cut without a session's word, in order. */
  readonly cuts: CutReason[];
  /** Whose share was used up by the requests that were refused, in order. */
  readonly rateLimited: string[];
  /** A connected client that has said nothing yet. */
  connect(options?: ConnectOptions): Promise<WireClient>;
  /** A client that is greeted and idle. */
  greet(options?: ConnectOptions): Promise<WireClient>;
}

interface ConnectOptions {
  readonly protocols?: string[];
  readonly autoPong?: boolean;
  readonly serverKey?: ServerKey;
  /** What a proxy says of where the client comes from. */
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
  const url = await gateway.start();
  onTestFinished(async () => {
    await world.coordinator.close();
    await gateway.close();
  });
  const serverKey = serverKeyOf(crypto, secrets);
  const connect = async (how: ConnectOptions = {}): Promise<WireClient> => {
    const socket = new WebSocket(url, how.protocols ?? [WEBSOCKET_SUBPROTOCOL], {
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

/** Waits for `holds` while sockets do their work. */
export async function eventually(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`It never happened: ${what}`);
}

/** A client that does as a test tells it, and knows the tasks of the tests' worlds. */
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

  /** Does its part of a round whole, from check-in to outcome. */
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

  /** Asks for something that is answered at once: everything sent before has been handled then. */
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

/** A frame of that kind with that body, also where no such frame exists. */
export function frameOf(kind: number, body: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(kind), body);
}
