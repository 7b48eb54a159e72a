import { readFileSync } from "node:fs";
import { SELECTED, stepMember, type MemberEvent, type MemberState } from "@tributary/core";
import type { ClientMessage, RoundId } from "@tributary/protocol";
import { describe, expect, it } from "vitest";

import {
  NEW_SESSION,
  receptionOf,
  stepSession,
  type SessionEvent,
  type SessionPhase,
  type SessionState,
} from "../src/gateway/session-state.ts";

const ROUND = "rnd_1" as RoundId;
const OTHER_ROUND = "rnd_2" as RoundId;
const code = "ABORTED";

const SESSION_EVENTS: readonly SessionEvent[] = [
  { type: "channelOpened" },
  { type: "greeted" },
  { type: "askedToTakePart" },
  { type: "askedForModel" },
  { type: "admitted" },
  { type: "askedToResume" },
  { type: "answered" },
  { type: "selected", roundId: ROUND },
  { type: "leftRound" },
  { type: "closed" },
];

const MEMBER_EVENTS: readonly MemberEvent[] = [
  { type: "configured" },
  { type: "began", isComplete: false },
  { type: "began", isComplete: true },
  { type: "granted" },
  { type: "uploaded" },
  { type: "adding" },
  { type: "added" },
  { type: "refused", code },
  { type: "withdrew", code },
  { type: "returned" },
  { type: "gaveWay" },
  { type: "left" },
];

const messages = (roundId: RoundId): readonly ClientMessage[] => [
  { type: "probe", sentBytes: 0 },
  { type: "hello", oldestVersion: 1, newestVersion: 1, software: "" },
  {
    type: "checkIn",
    population: "writers",
    codecs: [],
    maxParameters: 1,
    exampleCount: 1,
    heldOutCount: 0,
    heldArtifacts: [],
  },
  { type: "modelRequest", population: "writers", heldArtifacts: [] },
  {
    type: "resume",
    population: "writers",
    roundId,
    sessionId: "ses_1" as never,
    resumeSecret: new Uint8Array(32),
    heldArtifacts: [],
  },
  { type: "configured", roundId },
  {
    type: "reportBegin",
    roundId,
    reportNonce: new Uint8Array(16),
    exampleCount: 1,
    codec: "float32",
    updateBytes: 4,
    metrics: [],
  },
  { type: "reportChunk", data: new Uint8Array(4) },
  { type: "withdraw", roundId, code, message: "" },
];

function stateIn(phase: SessionPhase): SessionState {
  return phase === "inRound"
    ? { phase, roundId: ROUND, leftRound: undefined }
    : { phase, leftRound: undefined };
}

/** Reads the rows of one table of docs/protocol.md: the first cell, the messages, and the states. */
function rowsOf(heading: string): (readonly [string, readonly string[], readonly string[]])[] {
  const text = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
  const start = text.indexOf(`| ${heading} |`);
  const table = text.slice(start, text.indexOf("\n\n", start)).split("\n").slice(2);
  return table.map((line) => {
    const [, state, accepted, next] = line.split("|").map((cell) => cell.trim());
    const names = [...accepted!.matchAll(/`(\w+)`/g)].map(([, name]) => lowerFirst(name!));
    const states = next === "" ? [] : next!.split(", ");
    return [state!, names.sort(), states.sort()];
  });
}

const lowerFirst = (name: string): string => name[0]!.toLowerCase() + name.slice(1);

const sorted = (names: Iterable<string>): string[] => [...new Set(names)].sort();

describe("a session's states on the server", () => {
  it.each(rowsOf("state of a session"))(
    "accept in %s the messages that the document lists, and go to the states that it lists",
    (phase, accepted, next) => {
      const state = stateIn(phase as SessionPhase);
      const types = messages(ROUND).filter((message) => {
        const reception = receptionOf(state, message);
        return reception === "handle" || reception === "toRound";
      });
      expect(sorted(types.map(({ type }) => type))).toEqual(accepted);
      const phases = SESSION_EVENTS.flatMap((event) => stepSession(state, event)?.phase ?? []);
      expect(sorted(phases)).toEqual(next);
    },
  );

  it("are all in the document", () => {
    const reached = new Set<SessionPhase>([NEW_SESSION.phase]);
    for (const phase of reached) {
      for (const event of SESSION_EVENTS) {
        const next = stepSession(stateIn(phase), event);
        if (next !== undefined) reached.add(next.phase);
      }
    }
    expect(rowsOf("state of a session").map(([phase]) => phase)).toEqual([...reached].sort(byRow));
  });

  it("accept a message about a round only in that round or after its end", () => {
    const inRound = stateIn("inRound");
    const left = stepSession(inRound, { type: "leftRound" })!;
    for (const message of messages(ROUND).slice(5)) {
      expect([message.type, receptionOf(left, message)]).toEqual([message.type, "late"]);
    }
    for (const message of messages(OTHER_ROUND).slice(5)) {
      if (message.type === "reportChunk") continue; // it names no round
      expect([message.type, receptionOf(inRound, message)]).toEqual([message.type, undefined]);
      expect([message.type, receptionOf(left, message)]).toEqual([message.type, undefined]);
    }
    const selected = stepSession(
      { phase: "waiting", leftRound: ROUND },
      { type: "selected", roundId: OTHER_ROUND },
    )!;
    for (const message of messages(ROUND).slice(5)) {
      if (message.type === "reportChunk") continue;
      expect([message.type, receptionOf(selected, message)]).toEqual([message.type, undefined]);
    }
  });
});

describe("a member's stages", () => {
  it.each(rowsOf("stage of a member"))(
    "go from %s to the stages that the document lists",
    (stage, accepted, next) => {
      const state = { stage } as MemberState;
      const stages = MEMBER_EVENTS.flatMap((event) => stepMember(state, event)?.stage ?? []);
      expect(sorted(stages)).toEqual(next);
      // `Withdraw` is accepted in every stage. Where it changes nothing, the report still counts.
      const says: Readonly<Record<string, MemberEvent>> = {
        configured: { type: "configured" },
        reportBegin: { type: "began", isComplete: false },
        reportChunk: { type: "uploaded" },
      };
      const changing = Object.keys(says).filter(
        (message) => stepMember(state, says[message]!) !== undefined,
      );
      expect(sorted([...changing, "withdraw"])).toEqual(accepted);
    },
  );

  it("are all in the document", () => {
    const reached = new Set<string>([SELECTED.stage]);
    for (const stage of reached) {
      for (const event of MEMBER_EVENTS) {
        const next = stepMember({ stage } as MemberState, event);
        if (next !== undefined) reached.add(next.stage);
      }
    }
    const ends = ["reported", "refused", "withdrew", "left"];
    const atWork = rowsOf("stage of a member").map(([stage]) => stage);
    expect([...atWork, ...ends].sort()).toEqual([...reached].sort());
  });
});

/** Compares rows, to bring them into the document's order. */
function byRow(a: string, b: string): number {
  const order = rowsOf("state of a session").map(([phase]) => phase);
  return order.indexOf(a) - order.indexOf(b);
}
