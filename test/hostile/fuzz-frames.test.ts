import fc from "fast-check";
import { expect, it } from "vitest";
import {
  decodeClientMessage,
  decodeFrame,
  encodeClientMessage,
  encodeFrame,
  isTributaryError,
  type ClientMessage,
} from "@tributary/protocol";
import { fuzzLimitMs, fuzzRuns, fuzzTitle } from "./support/fuzz-budget.ts";
import { anyMessage } from "./support/arbitrary-messages.ts";

/**
 * Valid bytes of which a few were changed, removed, doubled or cut off. They come nearer to the
 * decoder's limits than random bytes do.
 */
function mutated(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const edit = fc.record({
    kind: fc.constantFrom("set", "remove", "double", "cut"),
    at: fc.nat(1_000_000),
    value: fc.nat(255),
  });
  return fc.tuple(valid, fc.array(edit, { maxLength: 6 })).map(([bytes, edits]) => {
    let all = [...bytes];
    for (const { kind, at, value } of edits) {
      const index = all.length === 0 ? 0 : at % all.length;
      if (kind === "set") all[index] = value;
      else if (kind === "remove") all.splice(index, 1);
      else if (kind === "double") all.splice(index, 0, ...all.slice(index, index + 1 + value));
      else all = all.slice(0, index);
    }
    return Uint8Array.from(all);
  });
}

function expectMalformedOnly(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!isTributaryError(error, "MALFORMED_FRAME")) throw error;
  }
}

const anyBytes = fc.uint8Array({ maxLength: 400 });

it(
  `the frame decoder either decodes the bytes or throws MALFORMED_FRAME (${fuzzTitle})`,
  () => {
    const valid = fc
      .constantFrom("handshake" as const, "record" as const)
      .chain((kind) => anyBytes.map((body) => encodeFrame({ kind, body })));
    fc.assert(
      fc.property(fc.oneof(anyBytes, mutated(valid)), (bytes) => {
        expectMalformedOnly(() => {
          const frame = decodeFrame(bytes);
          expect([...encodeFrame(frame)]).toEqual([...bytes]);
        });
      }),
      fuzzRuns,
    );
  },
  fuzzLimitMs,
);

it(
  `the message decoder either decodes the bytes or throws MALFORMED_FRAME (${fuzzTitle})`,
  () => {
    const valid = anyMessage.map((message: ClientMessage) => encodeClientMessage(message));
    fc.assert(
      fc.property(fc.oneof(anyBytes, mutated(valid)), (bytes) => {
        expectMalformedOnly(() => {
          const understood = encodeClientMessage(decodeClientMessage(bytes));
          // Encoding the decoded message and decoding it again gives the same message.
          expect([...encodeClientMessage(decodeClientMessage(understood))]).toEqual([
            ...understood,
          ]);
        });
      }),
      fuzzRuns,
    );
  },
  fuzzLimitMs,
);
