import { expect, it } from "vitest";
import type { RoundId } from "../src/ids.ts";
import { PROTOCOL_CONSTANTS } from "../src/protocol-constants.ts";
import { decodeClientMessage, encodeClientMessage } from "../src/wire/codec.ts";
import type { ClientMessage, MetricBasis } from "../src/wire/messages.ts";

const report = {
  type: "reportBegin",
  roundId: `rnd_${"1".repeat(32)}` as RoundId,
  reportNonce: new Uint8Array(16),
  exampleCount: 3,
  codec: "",
  updateBytes: 0,
  metrics: [{ name: "loss", value: 0.5 }],
} as const satisfies ClientMessage;

const returned = (bases: readonly MetricBasis[]): ClientMessage =>
  decodeClientMessage(encodeClientMessage({ ...report, bases }));

it("a report arrives with the bases that were sent", () => {
  const bases = [
    { name: "confusion", values: [1, 0, 0, 2] },
    { name: "residuals", values: [3, -0.1, 1e83, 5e-324] },
  ];
  expect(returned(bases)).toMatchObject({ bases });
});

it("a report without bases has the bytes that it had before there were any", () => {
  expect(encodeClientMessage({ ...report, bases: [] })).toEqual(encodeClientMessage(report));
  expect(returned([])).not.toHaveProperty("bases");
});

it("a report whose bases have more values together than may be is malformed", () => {
  const most = PROTOCOL_CONSTANTS.maxBasisValues;
  const half = { name: "scores", values: new Array<number>(most / 2).fill(1) };
  expect(returned([half, half])).toMatchObject({ bases: [half, half] });
  expect(() => returned([half, half, { name: "surprise", values: [1] }])).toThrow(
    expect.objectContaining({ code: "MALFORMED_FRAME" }),
  );
});
