import { createKernels } from "@tributary/protocol";
import { webWorkerEndpoint, type WebWorker } from "@tributary/protocol/worker-port";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { clientSettings, type ClientSettings } from "../../src/client-core/client-settings.ts";
import {
  memoryUsageStore,
  settableDevice,
  type FederatedClientOptions,
  type SettableDevice,
} from "../../src/index.ts";
import type { ThreadPlatform, WorkerPlatform } from "../../src/platform/platform.ts";
import { ManualClock } from "../../src/testing/index.ts";
import { createEligibility } from "../../src/platform/lazy-eligibility.ts";
import { serveCore } from "../../src/worker/serve-core.ts";
import { lineExamples } from "./linear-task.ts";
import { LinearTrainer } from "./linear-trainer.ts";
import { ScriptedServer, crypto } from "./scripted-server.ts";

/** A server, and what clients of it work with in a page and in its Worker. */
export interface WorkerStage {
  readonly server: ScriptedServer;
  readonly platform: ThreadPlatform;
  /** The page's device. */
  readonly device: SettableDevice;
  readonly trainer: LinearTrainer;
  readonly settings: (options?: Partial<FederatedClientOptions>) => ClientSettings;
}

export function workerStage(): WorkerStage {
  const server = new ScriptedServer();
  const trainer = new LinearTrainer();
  const device = settableDevice();
  return {
    server,
    trainer,
    device,
    platform: {
      connect: server.connect,
      clock: new ManualClock(1_700_000_000_000),
      device,
      createEligibility,
      usage: memoryUsageStore(),
      createCrypto: () => Promise.resolve(crypto),
      createKernels,
      createTrainer: () => Promise.resolve(trainer),
    },
    settings: (options = {}) =>
      clientSettings({
        url: "wss://learn.example",
        population: "test",
        serverKey: server.key,
        examples: lineExamples(),
        ...options,
      }),
  };
}

/** A Worker that runs in this thread. Its messages are cloned as those of a real one. */
export function workerOf(platform: WorkerPlatform): WebWorker & { fail(): void } {
  const { port1, port2 } = new MessageChannel();
  const inside = webWorkerEndpoint(asWorker(port2));
  serveCore(inside, platform);
  return asWorker(port1);
}

function asWorker(port: MessagePort): WebWorker & { fail(): void } {
  const listeners: (() => void)[] = [];
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer),
    addEventListener(
      type: string,
      listener: (event: { readonly data: unknown; readonly message?: string }) => void,
    ) {
      if (type === "message") port.on("message", (data: unknown) => listener({ data }));
      else if (type === "error") listeners.push(() => listener({ data: undefined }));
    },
    terminate: () => port.close(),
    fail: () => listeners.forEach((tell) => tell()),
  };
}
