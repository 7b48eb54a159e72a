import {
  createKernelsSync,
  referenceKernels,
  seededRandom,
  updateCodec,
  type RandomSource,
} from "@tributary/protocol";
import { describe, expect, it } from "vitest";
import { modelUpdate } from "../src/participation/model-update.ts";
import { ReportMemory } from "../src/participation/report-memory.ts";
import { crypto } from "./support/scripted-server.ts";

describe("The memory of reports", () => {
  const updated = [
    { offset: 1, length: 3 },
    { offset: 6, length: 2 },
  ];
  const values = (seed: number): Float32Array =>
    Float32Array.from({ length: 9 }, (_, index) => Math.sin(seed + 10 * index));

  it.each([createKernelsSync(), referenceKernels()])(
    "gives the bits of a new update, one after the other ($name)",
    (kernels) => {
      const codec = updateCodec({ codec: "float32" }, kernels);
      const memory = new ReportMemory(kernels, { size: 9, updated, codec });
      for (const [local, global] of [
        [1, 2],
        [3, 2],
        [1, 4],
      ]) {
        const [after, before] = [values(local!), values(global!)];
        const update = memory.updateOf(after, before, updated);
        expect(update).toEqual(modelUpdate(after, before, updated));
        kernels.allocate(200_000); // lets the memory move
      }
    },
  );

  it.each([{ codec: "float32" }, { codec: "float16" }] as const)(
    "holds the payload of a codec that writes there, with the same bytes ($codec)",
    (spec) => {
      const kernels = createKernelsSync();
      const codec = updateCodec(spec, kernels);
      const draws = (): RandomSource => seededRandom(crypto, 1);
      const memory = new ReportMemory(kernels, { size: 9, updated, codec });
      const expected = codec.encode(modelUpdate(values(1), values(2), updated), draws());
      const update = memory.updateOf(values(1), values(2), updated);
      expect(codec.encode(update, draws(), memory.payload)).toEqual(expected);
    },
  );
});
