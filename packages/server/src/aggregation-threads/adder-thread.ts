// A worker thread that adds up what clients report, so that the thread with the sockets need not.
import { parentPort, type MessagePort } from "node:worker_threads";
import {
  TributaryError,
  asTributaryError,
  createKernelsSync,
  updateCodec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import {
  AccumulatorMemory,
  createAggregationRule,
  createSumRule,
  keepsSumsOnly,
  type AdderSpec,
} from "@tributary/core";
import { eventLoopTurn } from "../runtime/event-loop-turn.ts";
import { AdderQueue, type QueuedRule } from "./adder-queue.ts";
import type { ThreadAnswer, ThreadRequest } from "./thread-messages.ts";

const port = parentPort as MessagePort;
const crypto = createNodeCryptoProvider();
const memory = new AccumulatorMemory(createKernelsSync());
const adders = new Map<number, AdderQueue>();

port.on("message", (request: ThreadRequest) => {
  if (request.type === "open") {
    adders.set(request.adder, new AdderQueue(openRule(request.spec)));
  } else if (request.type === "discard") {
    adders.get(request.adder)?.discard();
    adders.delete(request.adder);
  } else {
    const { job } = request;
    handle(request).then(
      ([answer, transferred]) => port.postMessage(answer, transferred),
      (error: unknown) => {
        const { code, message } = asTributaryError(error);
        port.postMessage({ type: "failed", job, code, message } satisfies ThreadAnswer);
      },
    );
  }
});

type Job = Extract<ThreadRequest, { readonly job: number }>;

async function handle(request: Job): Promise<[answer: ThreadAnswer, transferred: ArrayBuffer[]]> {
  const { job } = request;
  const adder = requireAdder(request.adder);
  switch (request.type) {
    case "add":
      await adder.add(request.payload, request.exampleCount);
      return [{ type: "done", job }, []];
    case "partial": {
      const partial = adder.sums.partial();
      const parts = partial.high === undefined ? [partial.low] : [partial.low, partial.high];
      return [{ type: "partial", job, partial }, parts.map((part) => part.buffer as ArrayBuffer)];
    }
    case "merge":
      adder.sums.merge(request.partial);
      return [{ type: "done", job }, []];
    case "combine": {
      const combined = await adder.rule.combine(eventLoopTurn);
      const sums = new Float64Array(adder.rule.dimension);
      combined.sums.read(0, sums);
      return [{ type: "combined", job, sums, weight: combined.weight }, [sums.buffer]];
    }
  }
}

function openRule({ update, aggregation, dimension }: AdderSpec): QueuedRule {
  const codec = updateCodec(update, memory.kernels);
  if (!keepsSumsOnly(aggregation)) {
    return { codec, rule: createAggregationRule(aggregation, crypto, codec, dimension, memory) };
  }
  const sums = createSumRule(aggregation, codec, dimension, memory);
  return { codec, rule: sums, sums };
}

function requireAdder(id: number): AdderQueue {
  const adder = adders.get(id);
  if (adder === undefined) throw new TributaryError("INTERNAL", "The round's sums are gone");
  return adder;
}
