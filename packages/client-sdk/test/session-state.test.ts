import { readFileSync } from "node:fs";
import {
  type ArtifactId,
  type ClientMessage,
  type Delivery,
  type RoundId,
  type ServerMessage,
} from "@tributary/protocol";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  GREETING,
  afterReceiving,
  afterSending,
  currentRound,
  type Received,
  type SessionState,
} from "../src/session/session-state.ts";

const CHUNK_BYTES = 10;
const ROUNDS = ["rnd_1", "rnd_2"] as RoundId[];
const [ROUND, OTHER_ROUND] = ROUNDS as [RoundId, RoundId];
const PLAN = "aa" as ArtifactId;
const CHECKPOINT = "bb" as ArtifactId;

const delivery = (planBytes: number, checkpointBytes: number): Delivery => ({
  plan: { id: PLAN as never, byteLength: planBytes },
  planSignature: new Uint8Array(64),
  checkpoint: { id: CHECKPOINT as never, byteLength: checkpointBytes },
  key: new Uint8Array(32),
});

const refused = { code: "ROUND_CLOSED", message: "", retryAfterMs: 0 } as const;

function said(roundId: RoundId): readonly ClientMessage[] {
  return [
    { type: "hello", oldestVersion: 1, newestVersion: 1, software: "" },
    {
      type: "checkIn",
      population: "p",
      codecs: [],
      maxParameters: 1,
      exampleCount: 1,
      heldOutCount: 0,
      heldArtifacts: [],
    },
    { type: "modelRequest", population: "p", heldArtifacts: [] },
    {
      type: "resume",
      population: "p",
      roundId,
      sessionId: "ses_1" as never,
      resumeSecret: new Uint8Array(32),
      heldArtifacts: [],
    },
    { type: "configured", roundId },
    { type: "withdraw", roundId, code: "ABORTED", message: "" },
    {
      type: "reportBegin",
      roundId,
      reportNonce: new Uint8Array(16),
      exampleCount: 1,
      codec: "float32",
      updateBytes: 20,
      metrics: [],
    },
    { type: "reportChunk", data: new Uint8Array(10) },
    { type: "probe", sentBytes: 0 },
  ];
}

function heard(roundId: RoundId): readonly Received[] {
  const roundConfiguration = {
    type: "roundConfiguration",
    roundId,
    purpose: "training",
    roundNumber: 1,
    taskName: "t",
    delivery: delivery(15, 25),
    reportNonce: new Uint8Array(16),
    timeLeftMs: 1,
  } as const;
  const messages: readonly ServerMessage[] = [
    { type: "welcome", version: 1, sessionId: "ses_1" as never },
    { type: "checkInAccepted" },
    { type: "rejection", code: "NO_OPEN_ROUND", message: "", retryAfterMs: 0 },
    roundConfiguration,
    {
      type: "resumed",
      roundId,
      resumeSecret: new Uint8Array(32),
      stage: "uploading",
      bytesLeft: 10,
      timeLeftMs: 1,
    },
    { type: "reportGrant", roundId },
    { type: "reportResult", roundId, refused },
    {
      type: "roundOutcome",
      roundId,
      outcome: { abandoned: "x" },
      nextCheckInMs: 0,
      taskFinished: false,
    },
    { type: "modelOffer", delivery: delivery(15, 25), roundNumber: 1 },
    { type: "failure", code: "INTERNAL", message: "", retryAfterMs: 0 },
    { type: "probeAnswer", sentBytes: 0 },
  ];
  return [...messages, { type: "sealedChunk" }];
}

const memory = { leftRound: undefined, strayChunks: 0 };
const held = { artifacts: new Set<ArtifactId>(), partial: undefined };
/** States for each row of the document's table. */
const STATES: Readonly<Record<string, readonly SessionState[]>> = {
  greeting: [GREETING],
  idle: [{ ...memory, phase: "idle" }],
  waiting: [{ ...memory, phase: "waiting", held, accepted: false }],
  fetching: [
    { ...memory, phase: "fetching", held, offered: false, chunksLeft: 0 },
    { ...memory, phase: "fetching", held, offered: true, chunksLeft: 2 },
  ],
  resuming: [{ ...memory, phase: "resuming", held, roundId: ROUND }],
  configuring: [
    { ...memory, phase: "configuring", roundId: ROUND, chunksLeft: 2 },
    { ...memory, phase: "configuring", roundId: ROUND, chunksLeft: 0 },
  ],
  training: [{ ...memory, phase: "training", roundId: ROUND }],
  asking: [{ ...memory, phase: "asking", roundId: ROUND, updateBytes: 0 }],
  uploading: [
    { ...memory, phase: "uploading", roundId: ROUND, bytesLeft: 20 },
    { ...memory, phase: "uploading", roundId: ROUND, bytesLeft: 0 },
  ],
  reported: [{ ...memory, phase: "reported", roundId: ROUND }],
};

/** The rows of docs/protocol.md: state, what it may send, what it may receive. */
function documented(): readonly (readonly [string, readonly string[], readonly string[]])[] {
  const text = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
  const section = text.slice(
    text.indexOf("### The client's states"),
    text.indexOf("### The server's states"),
  );
  const names = (cell: string): string[] => {
    const messages = [...cell.matchAll(/`(\w+)`/g)].map(
      ([, name]) => name![0]!.toLowerCase() + name!.slice(1),
    );
    return cell.includes("sealed chunks") ? [...messages, "sealedChunk"] : messages;
  };
  return section
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| state"))
    .map((line) => {
      const [, state, send, receive] = line.split("|").map((cell) => cell.trim());
      return [state!, names(send!).sort(), names(receive!).sort()];
    });
}

describe("the client's states", () => {
  it("are those of the protocol's document", () => {
    expect(documented().map(([state]) => state)).toEqual(Object.keys(STATES));
  });

  it.each(documented())("allow in %s what the document does", (name, send, receive) => {
    const states = STATES[name] ?? [];
    const sendable = said(ROUND).filter((message) =>
      states.some((state) => afterSending(state, message) !== undefined),
    );
    expect(sendable.map(({ type }) => type).sort()).toEqual(send);
    // A message that is late in an idle session names the round that the session left.
    const receiving =
      name === "idle" ? states.map((state) => ({ ...state, leftRound: ROUND })) : states;
    const receivable = heard(ROUND).filter((received) =>
      receiving.some((state) => afterReceiving(state, received, CHUNK_BYTES) !== undefined),
    );
    const types = receivable.map(({ type }) => type).sort();
    // Late answers are ignored alike, whichever they are.
    expect(name === "idle" ? types.filter((type) => receive.includes(type)) : types).toEqual(
      receive,
    );
  });

  it("take nothing about a round that the session was never in", () => {
    for (const state of Object.values(STATES).flat()) {
      for (const received of heard(OTHER_ROUND)) {
        if (!["reportGrant", "reportResult", "roundOutcome"].includes(received.type)) continue;
        expect(afterReceiving(state, received, CHUNK_BYTES)).toBeUndefined();
      }
    }
  });

  it("count the chunks of what the client does not hold", () => {
    const [configuration] = heard(ROUND).filter(({ type }) => type === "roundConfiguration");
    const chunks = (ids: readonly ArtifactId[]): unknown => {
      const state: SessionState = {
        ...memory,
        phase: "waiting",
        held: { artifacts: new Set(ids), partial: undefined },
        accepted: true,
      };
      const next = afterReceiving(state, configuration!, CHUNK_BYTES)?.state;
      return next !== undefined && "chunksLeft" in next ? next.chunksLeft : undefined;
    };
    expect(chunks([])).toBe(2 + 3);
    expect(chunks([PLAN])).toBe(3);
    expect(chunks([PLAN, CHECKPOINT])).toBe(0);
  });

  it("never take more chunks than were announced, nor deliver anything outside its phase", () => {
    const round = fc.constantFrom(...ROUNDS);
    const sent = round.chain((roundId) => fc.constantFrom(...said(roundId)));
    const received = round.chain((roundId) => fc.constantFrom(...heard(roundId)));
    const move = fc.oneof(
      { weight: 3, arbitrary: sent.map((message) => ({ message })) },
      { weight: 5, arbitrary: received.map((arrived) => ({ arrived })) },
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), (moves) => {
        let state = GREETING;
        let announced = 0;
        let taken = 0;
        for (const step of moves) {
          if ("message" in step) {
            state = afterSending(state, step.message) ?? state;
            continue;
          }
          const before = state;
          const reception = afterReceiving(state, step.arrived, CHUNK_BYTES);
          if (reception === undefined) continue;
          state = reception.state;
          const { type } = step.arrived;
          if (type === "roundConfiguration" || type === "modelOffer") announced += 5;
          if (type === "sealedChunk") taken += 1;
          expect(taken).toBeLessThanOrEqual(announced);
          if (!reception.deliver) {
            expect(currentRound(state)).toBe(currentRound(before));
            expect(state.phase).toBe(before.phase);
          }
          if (before.phase === "idle") expect(reception.deliver).toBe(false);
        }
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
