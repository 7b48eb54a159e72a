// A worker thread that adds up what clients report, so that the thread with the sockets need not.
import { TributaryError, createKernelsSync } from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { serve } from "@tributary/protocol/worker-port";
import { ownerEndpoint } from "@tributary/protocol/worker-port-node";
import {
  AccumulatorMemory,
  createAggregationRule,
  createSumRule,
  keepsSumsOnly,
  updateForm,
  type AdderSpec,
} from "@tributary/core";
import { eventLoopTurn } from "../runtime/event-loop-turn.ts";
import { memoryOf, type AdderConversation } from "./adder-conversation.ts";
import { AdderQueue, type QueuedRule } from "./adder-queue.ts";

const crypto = createNodeCryptoProvider();
const memory = new AccumulatorMemory(createKernelsSync());
const adders = new Map<number, AdderQueue>();

serve<AdderConversation>(ownerEndpoint(), {
  open({ adder, spec }) {
    adders.set(adder, new AdderQueue(openRule(spec), memory));
  },
  add: ({ adder, payload, exampleCount }) => requireAdder(adder).add(payload, exampleCount),
  partial({ adder }, handling) {
    const partial = requireAdder(adder).sums.partial();
    handling.transfer(...memoryOf(partial));
    return partial;
  },
  merge({ adder, partial }) {
    requireAdder(adder).sums.merge(partial);
    for (const moved of memoryOf(partial)) new Uint8Array(moved).fill(0);
  },
  async combine({ adder }, handling) {
    const { rule } = requireAdder(adder);
    const combined = await rule.combine(eventLoopTurn);
    const sums = new Float64Array(rule.dimension);
    combined.sums.read(0, sums);
    handling.transfer(sums.buffer);
    return { sums, weight: combined.weight };
  },
  discard({ adder }) {
    adders.get(adder)?.discard();
    adders.delete(adder);
  },
});

function openRule(spec: AdderSpec): QueuedRule {
  const { aggregation } = spec;
  const form = updateForm(spec, memory.kernels);
  const { codec } = form;
  if (!keepsSumsOnly(aggregation)) {
    return { codec, rule: createAggregationRule(aggregation, crypto, form, memory) };
  }
  const sums = createSumRule(aggregation, form, memory);
  return { codec, rule: sums, sums };
}

function requireAdder(id: number): AdderQueue {
  const adder = adders.get(id);
  if (adder === undefined) throw new TributaryError("INTERNAL", "The round's sums are gone");
  return adder;
}
