// Nothing of a single update is left in memory once it has been added, or its round has ended.
import {
  createKernelsSync,
  seededRandom,
  updateCodec,
  type AggregationSpec,
  type UpdateKernels,
  type UpdateSpec,
} from "@tributary/protocol";
import { createNodeCryptoProvider } from "@tributary/protocol/crypto-node";
import { describe, expect, it, vi } from "vitest";
import { AccumulatorMemory } from "../src/aggregation/accumulator-memory.ts";
import { createAggregationRule } from "../src/aggregation/create-aggregation-rule.ts";
import { LocalAdder } from "../src/aggregation/update-adder.ts";
import { updateForm } from "../src/aggregation/update-form.ts";

const DIMENSION = 9_000;
const crypto = createNodeCryptoProvider();
const random = seededRandom(crypto, 8);
const rest = (): Promise<void> => Promise.resolve();
/** An update of values that occur nowhere else. */
const marked = Float32Array.from({ length: DIMENSION }, (_, i) => 0.123456 * Math.sin(1 + i * i));

const float32Bytes = (values: Float32Array): Uint8Array => new Uint8Array(values.slice().buffer);

/** Opens an adder whose memory the test can look at. */
function openAdder(update: UpdateSpec, aggregation: AggregationSpec) {
  const kernels = createKernelsSync();
  const memory = new AccumulatorMemory(kernels);
  const form = updateForm({ update, dimension: DIMENSION, clipNorm: 1 }, kernels);
  const createRule = () => createAggregationRule(aggregation, crypto, form, memory);
  return { kernels, adder: new LocalAdder(form, memory, createRule) };
}

const bytesOf = (kernels: UpdateKernels): Buffer => Buffer.from(kernels.memory.buffer);
/** Whether four values in a row are those of the marked update, or whatever else `bytes` are. */
const holds = (kernels: UpdateKernels, bytes: Uint8Array): boolean =>
  bytesOf(kernels).includes(Buffer.from(bytes));
const isZero = (values: ArrayLike<number>): boolean => Array.from(values).every((v) => v === 0);

describe.each<UpdateSpec>([
  { codec: "float32" },
  { codec: "float16" },
  { codec: "uniform", bits: 8 },
  { codec: "eden", bits: 4 },
  { codec: "top-k", fraction: 0.5 },
])("an update in $codec", (update) => {
  const codec = updateCodec(update);
  const payload = codec.encode(marked, random);

  it("leaves neither values nor payload in the memory of the kernels", () => {
    const { kernels, adder } = openAdder(update, { rule: "mean" });
    adder.add(payload, 10);
    expect(holds(kernels, float32Bytes(marked.subarray(0, 4)))).toBe(false);
    expect(holds(kernels, payload.subarray(-16))).toBe(false);
    expect(bytesOf(kernels).some((byte) => byte !== 0)).toBe(true); // its sums
    adder.discard();
    const { buffer } = kernels.memory;
    expect(isZero(new Uint8Array(buffer, kernels.workspace))).toBe(true);
  });

  it("leaves nothing behind when it is refused", () => {
    const { kernels, adder } = openAdder(update, { rule: "mean" });
    const wrong = payload.slice();
    // All bits set make no number of any of these codecs that could be added.
    wrong.fill(0xff, wrong.length / 2);
    try {
      adder.add(wrong, 10);
    } catch {
      // Which error it is does not matter here.
    }
    adder.discard();
    const { buffer } = kernels.memory;
    expect(isZero(new Uint8Array(buffer, kernels.workspace))).toBe(true);
  });
});

it.each<AggregationSpec>([
  { rule: "median" },
  { rule: "krum", byzantine: 1 },
  { rule: "multiKrum", byzantine: 1 },
  { rule: "bulyan", byzantine: 1 },
])("the rule $rule zeroes what it held and what it made of it", async (aggregation) => {
  const slice = vi.spyOn(Uint8Array.prototype, "slice");
  const { kernels, adder } = openAdder({ codec: "float32" }, aggregation);
  const payload = float32Bytes(marked);
  for (let report = 0; report < 7; report++) adder.add(payload, 10);
  const copies = slice.mock.results.map(({ value }) => value as Uint8Array);
  slice.mockRestore();
  expect(copies.filter(({ length }) => length === payload.length)).toHaveLength(7);
  const { sums } = await adder.combine(rest);
  adder.discard();
  for (const copy of copies) expect(isZero(copy)).toBe(true);
  expect(holds(kernels, float32Bytes(marked.subarray(0, 4)))).toBe(false);
  const left = new Float64Array(DIMENSION);
  sums.read(0, left);
  expect(isZero(left)).toBe(true);
});
