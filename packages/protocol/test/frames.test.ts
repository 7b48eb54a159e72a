import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { decodeFrame, encodeFrame, type Frame } from "../src/channel/frames.ts";
import { isTributaryError } from "../src/errors.ts";
import { PROTOCOL_CONSTANTS } from "../src/protocol-constants.ts";
import { errorOf } from "./expect-error.ts";

const bodies = fc.uint8Array({ maxLength: 100 });
const frames: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ kind: fc.constantFrom("handshake" as const, "record" as const), body: bodies }),
  fc.record({
    kind: fc.constant("sealedChunk" as const),
    artifact: fc.constantFrom("plan" as const, "checkpoint" as const),
    index: fc.nat({ max: 2 ** 32 - 1 }),
    body: bodies,
  }),
);

describe("frames", () => {
  it("decode to what was encoded", () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(decodeFrame(encodeFrame(frame))).toEqual(frame);
      }),
    );
  });

  it("have the bytes that the protocol defines", () => {
    const body = Uint8Array.of(0xaa, 0xbb);
    expect([...encodeFrame({ kind: "handshake", body })]).toEqual([0, 0xaa, 0xbb]);
    expect([...encodeFrame({ kind: "record", body })]).toEqual([1, 0xaa, 0xbb]);
    const chunk = { kind: "sealedChunk", artifact: "checkpoint", index: 0x01020304, body } as const;
    expect([...encodeFrame(chunk)]).toEqual([2, 1, 4, 3, 2, 1, 0xaa, 0xbb]);
    expect([...encodeFrame({ ...chunk, artifact: "plan", index: 0 })].slice(0, 6)).toEqual([
      2, 0, 0, 0, 0, 0,
    ]);
  });

  it("decode to a body that is a view, and a plain Uint8Array even when the message is a Buffer", () => {
    const pool = Buffer.from([9, 1, 7, 8, 9]);
    const frame = decodeFrame(pool.subarray(1, 4));
    expect(frame).toEqual({ kind: "record", body: Uint8Array.of(7, 8) });
    expect(Object.getPrototypeOf(frame.body)).toBe(Uint8Array.prototype);
    expect(frame.body.buffer).toBe(pool.buffer);
    const chunk = Buffer.from([0, 2, 1, 5, 0, 0, 0, 3]).subarray(1);
    expect(decodeFrame(chunk)).toEqual({
      kind: "sealedChunk",
      artifact: "checkpoint",
      index: 5,
      body: Uint8Array.of(3),
    });
  });

  it.each([
    ["an empty message", []],
    ["an unknown kind", [3, 1, 2]],
    ["kind 255", [255]],
    ["a sealed chunk that is shorter than its header", [2, 1, 0, 0, 0]],
    ["a sealed chunk of an unknown artifact", [2, 3, 0, 0, 0, 0, 1]],
  ])("are refused as malformed: %s", (_, bytes) => {
    errorOf(() => decodeFrame(Uint8Array.from(bytes)), "MALFORMED_FRAME");
  });

  it("decode any bytes to a frame that encodes to the same bytes, or fail with MALFORMED_FRAME", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.option(fc.nat(4)), (bytes, kind) => {
        if (kind !== null) bytes[0] = kind;
        try {
          expect(encodeFrame(decodeFrame(bytes))).toEqual(bytes);
        } catch (error) {
          expect(isTributaryError(error, "MALFORMED_FRAME")).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("cannot be longer than the limits, nor have an index that needs more than 32 bits", () => {
    const body = new Uint8Array(PROTOCOL_CONSTANTS.maxClientFrameBytes);
    const longest = encodeFrame({ kind: "record", body: body.subarray(1) });
    expect(longest).toHaveLength(PROTOCOL_CONSTANTS.maxClientFrameBytes);
    errorOf(() => encodeFrame({ kind: "record", body }), "BAD_PARAMETER");
    errorOf(() => encodeFrame({ kind: "handshake", body }), "BAD_PARAMETER");
    const chunk = { kind: "sealedChunk", artifact: "plan", index: 0 } as const;
    const tooLong = new Uint8Array(PROTOCOL_CONSTANTS.maxServerFrameBytes);
    errorOf(() => encodeFrame({ ...chunk, body: tooLong }), "BAD_PARAMETER");
    for (const index of [-1, 0.5, 2 ** 32, Number.NaN]) {
      errorOf(
        () => encodeFrame({ ...chunk, index, body: tooLong.subarray(0, 9) }),
        "BAD_PARAMETER",
      );
    }
  });
});
