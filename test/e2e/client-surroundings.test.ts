import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import {
  FederatedClient,
  settableDevice,
  type FederatedClientDeps,
  type LocalTrainer,
  type ParticipationEvent,
} from "@tributary/client-sdk";
import { openSandbox, type Sandbox } from "./support/sandbox.ts";
import { startServer, type RunningServer, type TaskLine } from "./support/server.ts";

/** What a client connects to. */
interface Place {
  readonly box: Sandbox;
  readonly server: RunningServer;
  readonly task: string;
  readonly certificate: Buffer;
}

const HERE = ["--data-dir", "server"];
const HEARTBEAT_MS = 1_500;
const TASK = `
  population: alone
  name: one-member
  model: { builtin: mlp-64 }
  plan: { batchSize: 20, localEpochs: 1 }
  round: { goalCount: 1, overselection: 1 }
  stop: { rounds: 1 }
`;

/** A trainer that keeps the event loop busy for a while, as an app's own code may. */
const trainerOf = (busyMs: number): LocalTrainer => ({
  train({ weights, examples }) {
    if (busyMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyMs);
    const metrics = { loss: 0, accuracy: 1 };
    return Promise.resolve({ weights, metrics, steps: 1, exampleCount: examples.count });
  },
  evaluate: () => Promise.resolve({ loss: 0 }),
  predict: () => Promise.resolve(new Float32Array(0)),
  dispose() {},
});

/** Clients that withdraw are asked to wait for about as long as a round takes. */
const CHARGING_TASK = `
  population: alone
  name: plugged-in
  model: { builtin: mlp-64 }
  round: { goalCount: 1, overselection: 1, reportingTimeoutMs: 2000 }
  stop: { rounds: 1 }
  eligibility: { charging: true }
`;

/** A server with a task of one round, in which one client takes part. */
async function startTask(definition = TASK): Promise<Place> {
  const box = await openSandbox();
  const server = await startServer(box, {
    minimumCohort: 1,
    // The bytes of the model, which the client has not proved to have, give it no time to speak of.
    limits: { heartbeatIntervalMs: HEARTBEAT_MS, minReadBytesPerSecond: 1_000_000_000 },
  });
  const file = await box.write("task.yaml", definition);
  const { id: task } = await box.json<TaskLine>(["task", "create", file, "--start", ...HERE]);
  return { box, server, task, certificate: await readFile(box.path(server.certPath)) };
}

/** Takes part in one round. @returns The events until its end. */
async function takePart(
  { server, certificate }: Place,
  trainer: LocalTrainer,
  deps: FederatedClientDeps = {},
  onEvent: (event: ParticipationEvent) => Promise<void> | void = () => {},
): Promise<readonly ParticipationEvent[]> {
  const client = new FederatedClient(
    {
      url: server.url,
      population: "alone",
      serverKey: server.serverKey,
      tls: { ca: certificate },
      floors: { minimumCohort: 1 },
      trainer,
      examples: {
        features: new Float32Array(784),
        featureShape: [784],
        labels: new Int32Array(1),
        labelShape: [],
        count: 1,
      },
    },
    deps,
  );
  const events: ParticipationEvent[] = [];
  for await (const event of client.participate()) {
    events.push(event);
    await onEvent(event);
    if (event.type === "round-finished") break;
  }
  await client.close();
  return events;
}

/** A proxy on this machine. @returns Its address, and the hosts that it was asked for. */
async function startProxy(): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on("connect", ({ url = "" }, client: Socket) => {
    asked.push(url);
    const [host = "", port = ""] = url.split(":");
    const target = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      target.pipe(client).pipe(target);
    });
    for (const socket of [client, target]) socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void proxy.close());
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

afterEach(() => void vi.unstubAllEnvs());

test("A client goes through the proxy that HTTPS_PROXY names, to a server with TLS", async () => {
  const place = await startTask();
  const proxy = await startProxy();
  for (const name of ["HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, proxy.url);
  for (const name of ["NO_PROXY", "no_proxy"]) vi.stubEnv(name, "");
  const events = await takePart(place, trainerOf(0));
  expect(events.at(-1)).toMatchObject({ type: "round-finished", counted: true });
  expect(proxy.asked).toEqual([new URL(place.server.url).host]);
});

test("A client keeps its connection while its app blocks the event loop in training", async () => {
  const events = await takePart(await startTask(), trainerOf(3 * HEARTBEAT_MS));
  expect(events.map(({ type }) => type)).not.toContain("disconnected");
  expect(events.at(-1)).toMatchObject({ type: "round-finished", counted: true });
});

test("A client on battery does not train for a task with charging: true, and both sides can say why", async () => {
  const place = await startTask(CHARGING_TASK);
  const device = settableDevice({ charging: false, battery: 0.4 });
  let trainings = 0;
  const trainer = trainerOf(0);
  const counting: LocalTrainer = {
    ...trainer,
    train(request) {
      trainings += 1;
      return trainer.train(request);
    },
  };
  let shown = "";
  const events = await takePart(place, counting, { device }, async (event) => {
    if (event.type !== "conditions-unmet") return;
    expect(trainings).toBe(0);
    shown = (await place.box.run(["task", "show", place.task, ...HERE])).stdout;
    device.set({ charging: true, battery: 0.4 });
  });
  expect(events).toContainEqual({
    type: "conditions-unmet",
    unmet: [{ condition: "charging", askedBy: "plan", isKnown: true }],
  });
  // The operator sees what the task asks for, and how many clients have said no.
  expect(shown).toMatch(/conditions +charging; unknown counts as unmet/);
  expect(shown).toMatch(/1 withdrew CONDITIONS_UNMET/);
  expect(events.at(-1)).toMatchObject({ type: "round-finished", counted: true });
  expect(trainings).toBe(1);
});
