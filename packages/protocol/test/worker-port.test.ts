import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import {
  serveWorkerPortCases,
  workerPortCases,
  type WorkerPortSubject,
  type WorkerPortTalk,
} from "../src/testing/index.ts";
import { WorkerPort, portEndpoint, serve, type WorkerEndpoint } from "../src/worker-port/index.ts";
import { processEndpoint, threadEndpoint } from "../src/worker-port/node-endpoints.ts";

const script = new URL("./worker-port-thread.ts", import.meta.url);
const fromSource = new URL("../../../infra/run-from-source.mjs", import.meta.url);

function openInMemory(): WorkerEndpoint {
  const { port1: ours, port2: theirs } = new MessageChannel();
  serveWorkerPortCases(portEndpoint(theirs), () => theirs.close());
  return {
    ...portEndpoint(ours),
    onEnd: (listener) => ours.addEventListener("close", () => listener("The channel is closed")),
    async terminate() {
      ours.close();
    },
  };
}

function openProcess(): WorkerEndpoint {
  const child = fork(fileURLToPath(script), {
    execArgv: ["--conditions=@tributary/source", `--import=${fromSource.href}`],
    serialization: "advanced",
  });
  return processEndpoint(child);
}

const subjects: readonly (WorkerPortSubject & { readonly title: string })[] = [
  { title: "a message channel", movesMemory: true, open: openInMemory },
  {
    title: "a worker thread",
    movesMemory: true,
    open: () => threadEndpoint(new Worker(script)),
  },
  { title: "a child process", movesMemory: false, open: openProcess },
];

describe.each(subjects)("the port of $title", (subject) => {
  for (const { name, run } of workerPortCases(subject)) it(name, { timeout: 60_000 }, run);
});

describe("a worker port", () => {
  it("does not copy shared memory that it sends to a thread", async () => {
    const port = new WorkerPort<WorkerPortTalk>(threadEndpoint(new Worker(script)));
    const shared = new Uint8Array(new SharedArrayBuffer(1));
    const back = (await port.ask("echo", shared)) as Uint8Array;
    shared[0] = 9;
    expect(back[0]).toBe(9);
    await port.close();
  });

  it("tells of the death of a script that cannot be loaded, and why", async () => {
    const worker = new Worker(new URL("./no-such-script.mjs", import.meta.url));
    const port = new WorkerPort<WorkerPortTalk>(threadEndpoint(worker), { name: "The thread" });
    await expect(port.ask("echo", 1)).rejects.toMatchObject({
      code: "INTERNAL",
      message: "The thread has died",
      cause: { code: "ERR_MODULE_NOT_FOUND" },
    });
  });

  it("ignores messages that are not of the conversation, on both sides", async () => {
    const { port1: ours, port2: theirs } = new MessageChannel();
    const port = new WorkerPort<WorkerPortTalk>({
      ...portEndpoint(ours),
      onEnd() {},
      terminate: async () => ours.close(),
    });
    const handled: unknown[] = [];
    const serving = new MessageChannel();
    serve<Pick<WorkerPortTalk, "echo">>(portEndpoint(serving.port2), {
      echo: (request) => void handled.push(request),
    });
    const strange = [null, 7, "answer", {}, { answer: 1 }, { id: 99, answer: 1 }, { type: 3 }];
    theirs.addEventListener("message", ({ data }: MessageEvent<{ readonly id: number }>) => {
      for (const message of strange) theirs.postMessage(message);
      theirs.postMessage({ id: data.id, answer: "right" });
    });
    theirs.start();
    for (const message of [...strange, { abort: 3 }, { abort: "x" }, { type: "echo" }]) {
      serving.port1.postMessage(message);
    }
    serving.port1.postMessage({ type: "echo", request: "told" });
    expect(await port.ask("echo", 1)).toBe("right");
    await expect.poll(() => handled).toEqual(["told"]);
    serving.port1.close();
    await port.close();
  });
});
