// A worker thread that adds up what clients report, so that the thread with the sockets need not.
import { parentPort, type MessagePort } from "node:worker_threads";
import {
  TributaryError,
  asTributaryError,
  createKernelsSync,
  updateCodec,
  type UpdateCodec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { AccumulatorMemory } from "../aggregation/accumulator-memory.ts";
import type { AggregationRule, SumRule } from "../aggregation/aggregation-rule.ts";
import {
  createAggregationRule,
  createSumRule,
  keepsSumsOnly,
} from "../aggregation/create-aggregation-rule.ts";
import { MAX_CONTRIBUTION } from "../aggregation/exact-accumulator.ts";
import type { AdderSpec } from "../aggregation/update-adder.ts";
import { eventLoopTurn } from "../coordinator/event-loop-turn.ts";
import type { ThreadAnswer, ThreadRequest } from "./thread-messages.ts";

interface Adder {
  readonly codec: UpdateCodec;
  readonly rule: AggregationRule;
  /** The rule again, where it keeps sums only. */
  readonly sums: SumRule | undefined;
}

const port = parentPort as MessagePort;
const crypto = createNodeCryptoProvider();
const memory = new AccumulatorMemory(createKernelsSync());
const adders = new Map<number, Adder>();

port.on("message", (request: ThreadRequest) => {
  if (request.type === "open") {
    adders.set(request.adder, openAdder(request.spec));
  } else if (request.type === "discard") {
    adders.get(request.adder)?.rule.discard();
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
  const { codec, rule, sums } = requireAdder(request.adder);
  switch (request.type) {
    case "add": {
      const { payload, exampleCount } = request;
      const enough = MAX_CONTRIBUTION / exampleCount;
      const { maxAbs } = codec.validate(payload, rule.dimension, enough);
      rule.add(payload, { exampleCount, maxAbs });
      return [{ type: "done", job }, []];
    }
    case "partial": {
      const partial = requireSums(sums).partial();
      const parts = partial.high === undefined ? [partial.low] : [partial.low, partial.high];
      return [{ type: "partial", job, partial }, parts.map((part) => part.buffer as ArrayBuffer)];
    }
    case "merge":
      requireSums(sums).merge(request.partial);
      return [{ type: "done", job }, []];
    case "combine": {
      const combined = await rule.combine(eventLoopTurn);
      const values = new Float64Array(rule.dimension);
      combined.sums.read(0, values);
      return [{ type: "combined", job, sums: values, weight: combined.weight }, [values.buffer]];
    }
  }
}

function openAdder({ update, aggregation, dimension }: AdderSpec): Adder {
  const codec = updateCodec(update, memory.kernels);
  if (keepsSumsOnly(aggregation)) {
    const sums = createSumRule(aggregation, codec, dimension, memory);
    return { codec, rule: sums, sums };
  }
  const rule = createAggregationRule(aggregation, crypto, codec, dimension, memory);
  return { codec, rule, sums: undefined };
}

function requireAdder(id: number): Adder {
  const adder = adders.get(id);
  if (adder === undefined) throw new TributaryError("INTERNAL", "The round's sums are gone");
  return adder;
}

function requireSums(sums: SumRule | undefined): SumRule {
  if (sums === undefined) throw new TributaryError("INTERNAL", "The rule keeps no sums");
  return sums;
}
