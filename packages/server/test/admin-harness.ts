// A real admin API on loopback, with a real coordinator, stores in memory, and real HTTP. Every
// JSON answer is checked against the route table.
import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import {
  DEFAULT_LIMITS,
  PROTOCOL_CONSTANTS,
  formatServerKey,
  generateServerSecrets,
  seededRandom,
  serverKeyOf,
  updateCodec,
  type Limits,
  type ProtocolConstants,
  type SessionId,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { createAdminApp } from "../src/admin/admin-app.ts";
import type { AdminDeps } from "../src/admin/admin-deps.ts";
import { errorSchema } from "../src/admin/admin-schemas.ts";
import { statusOf } from "../src/admin/error-status.ts";
import { adminRoutes } from "../src/admin/routes.ts";
import type { Route } from "../src/admin/route.ts";
import { Coordinator } from "../src/coordinator/coordinator.ts";
import { EventFeed } from "../src/telemetry/event-feed.ts";
import type {
  Participant,
  RoundConfiguration,
  RoundSeat,
} from "../src/coordinator/population/participant.ts";
import { UploadTurns } from "../src/coordinator/round/upload-turns.ts";
import { Enrolment } from "../src/enrolment/enrolment.ts";
import { openMemoryStore } from "../src/storage/memory.ts";
import type { Storage } from "../src/storage/storage.ts";
import type { RoundRecord } from "../src/storage/round-store.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import { createMetrics } from "../src/telemetry/metrics.ts";
import { StoreHealth } from "../src/telemetry/store-health.ts";
import { ManualClock } from "@tributary/protocol/testing";

export const NOW_MS = 1_700_000_000_000;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** Parsed body; undefined for anything but JSON. */
  readonly json: unknown;
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface AdminHarness {
  readonly url: string;
  readonly deps: AdminDeps;
  readonly storage: Storage;
  readonly clock: ManualClock;
  readonly routes: readonly Route[];
  /** The operations that have been asked for so far. */
  readonly asked: ReadonlySet<string>;
  /** Sends a request and checks that the route table describes the answer. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** Sends a JSON body and returns the JSON of the answer. */
  post(path: string, body?: unknown): Promise<Answer>;
  /** Sends a form with `fetch`. */
  postForm(path: string, form: FormData): Promise<Answer>;
  /** Runs the open round of the task's population with two members whose updates are zero. */
  runRound(population: string): Promise<RoundRecord>;
}

interface HarnessOptions {
  readonly token?: string;
  readonly limits?: Partial<Limits>;
  readonly constants?: Partial<ProtocolConstants>;
  readonly storage?: Storage;
  /** The server's floor under cohorts; 1 if left out. */
  readonly minimumCohort?: number;
  readonly metrics?: AdminDeps["metrics"];
  readonly logger?: AdminDeps["logger"];
}

export async function startAdmin(options: HarnessOptions = {}): Promise<AdminHarness> {
  const crypto = createNodeCryptoProvider();
  const random = seededRandom(crypto, 1);
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const secrets = generateServerSecrets(random);
  const clock = new ManualClock(NOW_MS);
  const storage = options.storage ?? openMemoryStore({ crypto });
  const storeHealth = new StoreHealth(storage, clock);
  const metrics =
    options.metrics ??
    createMetrics({
      clock,
      version: "0.1.0",
      connections: () => 0,
      waitingClients: () => coordinator.waitingClients,
      roundsInFlight: () => coordinator.roundsInFlight,
      storeHealth,
    });
  const logger = options.logger ?? silentLogger;
  const events = new EventFeed(logger);
  events.subscribe(metrics.observe);
  const coordinator = new Coordinator({
    store: storage.rounds,
    checkpoints: storage.checkpoints,
    crypto,
    random,
    clock,
    logger,
    limits,
    minimumCohort: options.minimumCohort ?? 1,
    secrets,
    turns: new UploadTurns({ clock, limits: { ...limits, maxConcurrentReports: 4 } }),
    events,
  });
  const deps: AdminDeps = {
    coordinator,
    store: storage.rounds,
    checkpoints: storage.checkpoints,
    access: storage.access,
    enrolment: await Enrolment.load({ store: storage.access, crypto, clock, limits }),
    clock,
    events,
    metrics,
    storeHealth,
    token: options.token,
    info: () => ({
      gatewayUrl: "ws://127.0.0.1:7000",
      serverKey: formatServerKey(serverKeyOf(crypto, secrets)),
      version: "0.1.0",
      connections: 0,
      uptimeMs: 1_000,
    }),
    logger,
    crypto,
    random,
    limits,
    constants: { ...PROTOCOL_CONSTANTS, ...options.constants },
    minimumCohort: options.minimumCohort ?? 1,
  };
  const routes = adminRoutes(deps);
  const server = createServer(createAdminApp(deps));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await coordinator.close();
    await storage.close();
    await metrics.close();
  });
  const { port } = server.address() as AddressInfo;
  const asked = new Set<string>();
  const credentials: Record<string, string> =
    options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };

  const ask: AdminHarness["ask"] = async (method, path, { headers = {}, body } = {}) => {
    const answer = await send(port, method, path, { ...credentials, ...headers }, body);
    const route = checkAnswer(routes, method, path, answer);
    if (route !== undefined) asked.add(route.operation);
    return answer;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    deps,
    storage,
    clock,
    routes,
    asked,
    ask,
    post: (path, body = {}) =>
      ask("POST", path, {
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    async postForm(path, form) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: "POST",
        headers: credentials,
        body: form,
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      const answer = answerOf(response.status, Object.fromEntries(response.headers), bytes);
      checkAnswer(routes, "POST", path, answer);
      return answer;
    },
    async runRound(population) {
      // The end of a round is announced a moment before the next one is opened.
      await new Promise((resolve) => setImmediate(resolve));
      const ended = new Promise<RoundRecord>((resolve) => {
        const unsubscribe = events.subscribe((event) => {
          if (event.type !== "round-ended") return;
          unsubscribe();
          resolve(event.round);
        });
      });
      const reports = [
        "ses_00000000000000000000000000000001",
        "ses_00000000000000000000000000000002",
      ].map((session) => join(coordinator, population, session as SessionId));
      for (const report of reports) report();
      return ended;
    },
  };
}

/** Checks a client in. Once the client is in a cohort, the returned function sends its report. */
function join(coordinator: Coordinator, population: string, sessionId: SessionId): () => void {
  let granted = false;
  let seat: RoundSeat | undefined;
  let configuration: RoundConfiguration | undefined;
  const payload = new Uint8Array(updateCodec({ codec: "float32" }).payloadBytes(7_850).max);
  const participant: Participant = {
    sessionId,
    site: "",
    take(taken) {
      seat = taken;
    },
    configure(received) {
      configuration = received;
    },
    tell(message) {
      if (message.type === "reportGrant") granted = true;
      if (message.type === "reportResult" && message.refused !== undefined) {
        throw new Error(`The report was refused: ${message.refused.message}`);
      }
    },
    reject() {},
    returnRequest() {},
    supersede() {},
    takeTraffic: () => ({ up: 10, down: 100 }),
  };
  coordinator.checkIn(participant, {
    population,
    codecs: ["float32"],
    maxParameters: 1_000_000,
    exampleCount: 5,
    heldOutCount: 0,
    heldArtifacts: new Set(),
  });
  return () => {
    if (seat === undefined || configuration === undefined) {
      throw new Error("The client is in no cohort");
    }
    const { roundId } = configuration;
    seat.receive({ type: "configured", roundId });
    seat.receive({
      type: "reportBegin",
      roundId,
      reportNonce: configuration.reportNonce,
      exampleCount: 5,
      codec: "float32",
      updateBytes: payload.length,
      metrics: [
        { name: "loss", value: 0.5 },
        { name: "accuracy", value: 0.75 },
      ],
    });
    if (!granted) throw new Error("The client waits for its turn to report");
    seat.receive({ type: "reportChunk", data: payload });
  };
}

/** Sends a request with any headers, also with `Host`, which `fetch` sets itself. */
function send(
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port, method, path, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("error", reject);
      response.on("end", () => {
        resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(pieces)));
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

function answerOf(status: number, headers: IncomingHttpHeaders, bytes: Buffer): Answer {
  const text = bytes.toString("utf8");
  const isJson = (headers["content-type"] ?? "").includes("json") && bytes.length > 0;
  return { status, headers, bytes, text, json: isJson ? (JSON.parse(text) as unknown) : undefined };
}

/**
 * Throws unless the route table describes the answer.
 * @returns The route; undefined when the path has none.
 */
function checkAnswer(
  routes: readonly Route[],
  method: string,
  path: string,
  answer: Answer,
): Route | undefined {
  if (answer.status >= 400) {
    const { error } = errorSchema.parse(answer.json);
    sameJson(errorSchema.parse(answer.json), answer.json, path);
    if (answer.status !== statusOf(error.code))
      throw new Error(`${error.code} as ${answer.status}`);
  }
  const here = routes.filter((route) => matches(route.path, path.split("?")[0]!));
  const route = here.find((one) => one.method === method.toLowerCase());
  if (route === undefined) return undefined;
  if (answer.status >= 400 || answer.status === 304) return route;
  if (answer.status !== route.answer.status) {
    throw new Error(`${path} answered with the undocumented status ${answer.status}`);
  }
  if (!(answer.headers["content-type"] ?? "").startsWith(route.answer.contentType)) {
    throw new Error(`${path} answered with the undocumented ${answer.headers["content-type"]}`);
  }
  if (route.answer.schema !== undefined) {
    sameJson(route.answer.schema.parse(answer.json), answer.json, path);
  }
  return route;
}

/** zod drops fields that a schema does not name, so that a difference is an undocumented field. */
function sameJson(parsed: unknown, received: unknown, path: string): void {
  const sorted = (value: unknown): string =>
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  if (sorted(parsed) !== sorted(received)) {
    throw new Error(`${path} answered with something undocumented: ${sorted(received)}`);
  }
}

function matches(template: string, path: string): boolean {
  const parts = template.split("/");
  const given = path.split("/");
  return (
    parts.length === given.length &&
    parts.every((part, index) => part.startsWith("{") || part === given[index])
  );
}

/** Makes a task with a small builtin model whose rounds take two reports. */
export function smallTask(overrides: Readonly<Record<string, unknown>> = {}): object {
  return {
    population: "writers",
    name: "digits",
    model: { builtin: "logistic-regression" },
    plan: { update: { codec: "float32" } },
    round: { goalCount: 2, overselection: 1, minimumFraction: 1 },
    stop: { rounds: 3 },
    ...overrides,
  };
}

/** Returns a field of an answer's JSON by its path; undefined when it is absent. */
export function at(json: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? (value as Readonly<Record<string | number, unknown>>)[key]
        : undefined,
    json,
  );
}

/** Returns a field that must be a text. */
export function textAt(json: unknown, ...path: readonly (string | number)[]): string {
  const value = at(json, ...path);
  if (typeof value !== "string") throw new Error(`${path.join(".")} is not text`);
  return value;
}
