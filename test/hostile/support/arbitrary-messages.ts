import fc from "fast-check";
import type { ArtifactId, ClientMessage, RoundId } from "@tributary/protocol";
import { DIMENSION } from "./hostile-client.ts";

const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => Buffer.from(bytes).toString("hex"));
const roundId = hex(16).map((id) => `rnd_${id}` as RoundId);
const populations = fc.constantFrom("honest", "alone", "crowd", "nobody", "Not a name", "");
const held = fc.array(
  hex(32).map((id) => id as ArtifactId),
  { maxLength: 3 },
);
const count = fc.oneof(fc.constantFrom(0, 1, 10, 2 ** 20, 2 ** 31), fc.nat(1_000));

const octets = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const token = fc.string({ minLength: 1, maxLength: 60 });
const device = fc.record({ publicKey: octets(32), signature: octets(64) });

const checkIn = {
  type: fc.constant("checkIn" as const),
  population: populations,
  codecs: fc.subarray(["float32", "uniform", "other"]),
  maxParameters: fc.constantFrom(1, 10_000, 1_000_000),
  exampleCount: count,
  heldOutCount: fc.nat(100),
  heldArtifacts: held,
};
const modelRequest = {
  type: fc.constant("modelRequest" as const),
  population: populations,
  heldArtifacts: held,
};

/** Any message of a client, of valid form and with any content. */
export const anyMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    oldestVersion: fc.nat(3),
    newestVersion: fc.nat(3),
    software: fc.string({ maxLength: 40 }),
  }),
  fc.record(checkIn),
  fc.record({ ...checkIn, token }),
  fc.record({ ...checkIn, device }),
  fc.record(modelRequest),
  fc.record({ ...modelRequest, token, device }),
  fc.record({ type: fc.constant("configured" as const), roundId }),
  fc.record({
    type: fc.constant("withdraw" as const),
    roundId,
    code: fc.constantFrom("PLAN_REFUSED" as const, "TRAINING_FAILED" as const),
    message: fc.string({ maxLength: 40 }),
  }),
  fc.record({
    type: fc.constant("reportBegin" as const),
    roundId,
    reportNonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    exampleCount: count,
    codec: fc.constantFrom("float32", "uniform", "other"),
    updateBytes: fc.oneof(fc.constant(4 * DIMENSION), fc.nat(100_000)),
    metrics: fc.array(
      fc.record({ name: fc.constantFrom("loss", "accuracy", "x"), value: fc.double() }),
      { maxLength: 3 },
    ),
  }),
  fc.record({ type: fc.constant("reportChunk" as const), data: fc.uint8Array({ maxLength: 500 }) }),
  fc.record({ type: fc.constant("probe" as const), sentBytes: fc.nat(2 ** 32 - 1) }),
);
