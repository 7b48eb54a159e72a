// Plays the client's table of states against the server's. The two were written apart, and messages
// cross on their way: whatever two peers do that keep to their own table, neither may ever find the
// other in the wrong.
import {
  afterReceiving,
  afterSending,
  GREETING,
  type Received,
  type SessionState as ClientState,
} from "@tributary/client-sdk/testing";
import { SELECTED, stepMember, type MemberEvent, type MemberState } from "@tributary/core";
import type {
  ArtifactId,
  ClientMessage,
  Delivery,
  RoundId,
  ServerMessage,
} from "@tributary/protocol";
import {
  NEW_SESSION,
  receptionOf,
  stepSession,
  type SessionEvent,
  type SessionState as ServerState,
} from "@tributary/server/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const CHUNK_BYTES = 10;
const UPDATE_BYTES = 30;
const REPORT_PIECE = new Uint8Array(10);

const DELIVERY: Delivery = {
  plan: { id: "aa" as Delivery["plan"]["id"], byteLength: 15 },
  planSignature: new Uint8Array(64),
  checkpoint: { id: "bb" as Delivery["checkpoint"]["id"], byteLength: 25 },
  key: new Uint8Array(32),
};
/** Two for the plan and three for the checkpoint. */
const CHUNKS = 5;

const refused = { code: "ROUND_CLOSED", message: "", retryAfterMs: 0 } as const;
const rejection = {
  type: "rejection",
  code: "NO_OPEN_ROUND",
  message: "",
  retryAfterMs: 0,
} as const;
const failure = {
  type: "failure",
  code: "MODEL_UNAVAILABLE",
  message: "",
  retryAfterMs: 0,
} as const;

const impossible = (what: string, state: string): Error =>
  new Error(`${what} in the state ${state}, where the table does not allow it`);

/** What a server mostly does while a member works: nothing. */
const WAITING: readonly (() => void)[] = Array.from({ length: 10 }, () => () => {});

/** A server that keeps to its table. What it decides by itself is for the test to choose. */
class TableServer {
  readonly outbox: Received[] = [];
  #state: ServerState = NEW_SESSION;
  #member: MemberState = SELECTED;
  #expectedBytes = 0;
  #receivedBytes = 0;
  #chunksToSend = 0;
  #rounds = 0;

  constructor() {
    this.#step({ type: "channelOpened" });
  }

  receive(message: ClientMessage): void {
    const reception = receptionOf(this.#state, message);
    if (reception === undefined) throw impossible(`${message.type} comes`, this.#state.phase);
    if (reception === "late") {
      if (message.type !== "reportBegin") return;
      this.outbox.push({ type: "reportResult", roundId: message.roundId, refused });
      return;
    }
    switch (message.type) {
      case "hello":
        this.#step({ type: "greeted" });
        this.outbox.push({ type: "welcome", version: 1, sessionId: "ses_1" as never });
        return;
      case "checkIn":
        this.#step({ type: "askedToTakePart" });
        return;
      case "modelRequest":
        this.#step({ type: "askedForModel" });
        return;
      case "configured":
        this.#stepMember({ type: "configured" });
        return;
      case "reportBegin":
        this.#expectedBytes = message.updateBytes;
        this.#receivedBytes = 0;
        this.#stepMember({ type: "began", isComplete: message.updateBytes === 0 });
        return;
      case "reportChunk":
        if (this.#member.stage !== "uploading") throw impossible("a chunk", this.#member.stage);
        this.#receivedBytes += message.data.length;
        if (this.#receivedBytes === this.#expectedBytes) this.#stepMember({ type: "uploaded" });
        return;
      case "withdraw":
        this.#leaveRound();
        return;
      case "probe":
        this.outbox.push({ type: "probeAnswer", sentBytes: message.sentBytes });
        return;
      case "resume":
        throw impossible("a claim to a seat", this.#state.phase);
    }
  }

  /** Does the `choice`-th of the things that the server may do by itself now. */
  act(choice: number): void {
    const acts = this.#possibleActs();
    acts[choice % acts.length]?.();
  }

  #possibleActs(): (() => void)[] {
    const { phase } = this.#state;
    const sendChunk = (): void => {
      this.#chunksToSend -= 1;
      this.outbox.push({ type: "sealedChunk" });
    };
    // Ends of rounds and pieces of models come in about the proportion that lets games get far.
    const streaming = this.#chunksToSend > 0 ? Array.from({ length: 12 }, () => sendChunk) : [];
    const answer = (message: ServerMessage, chunks = 0): void => {
      this.#step({ type: "answered" });
      this.#chunksToSend = chunks;
      this.outbox.push(message);
    };
    switch (phase) {
      case "checkingIn":
        return [
          () => {
            this.#step({ type: "admitted" });
            this.outbox.push({ type: "checkInAccepted" });
          },
          () => answer(rejection),
        ];
      case "waiting":
        return [() => this.#select(), () => this.#select(), () => answer(rejection)];
      case "fetching":
        return [
          () => answer({ type: "modelOffer", delivery: DELIVERY, roundNumber: 1 }, CHUNKS),
          () => answer(failure),
        ];
      case "inRound":
        return [...streaming, ...this.#actsInRound()];
      default:
        return streaming;
    }
  }

  #actsInRound(): (() => void)[] {
    const roundId = this.#roundId;
    const refuse = (): void => {
      this.#leaveRound();
      this.outbox.push({ type: "reportResult", roundId, refused });
    };
    const end = (): void => {
      this.#leaveRound();
      this.outbox.push({
        type: "roundOutcome",
        roundId,
        outcome: { abandoned: "too-few-left" },
        nextCheckInMs: 0,
        taskFinished: false,
      });
    };
    switch (this.#member.stage) {
      case "asking":
        return [
          () => {
            this.#stepMember({ type: "granted" });
            this.outbox.push({ type: "reportGrant", roundId });
          },
          refuse,
          end,
        ];
      case "uploading":
        return [refuse, end, ...WAITING];
      case "uploaded":
        return [() => this.#stepMember({ type: "adding" }), refuse, end];
      case "adding":
        return [
          () => {
            this.#stepMember({ type: "added" });
            this.outbox.push({ type: "reportResult", roundId, refused: undefined });
          },
          refuse,
        ];
      default:
        return [end, ...WAITING];
    }
  }

  #select(): void {
    const roundId = `rnd_${this.#rounds++}` as RoundId;
    this.#step({ type: "selected", roundId });
    this.#member = SELECTED;
    this.#chunksToSend = CHUNKS;
    this.outbox.push({
      type: "roundConfiguration",
      roundId,
      purpose: "training",
      roundNumber: 1,
      taskName: "task",
      delivery: DELIVERY,
      reportNonce: new Uint8Array(16),
      timeLeftMs: 1,
    });
  }

  get #roundId(): RoundId {
    if (this.#state.phase !== "inRound") throw new Error("The session is in no round");
    return this.#state.roundId;
  }

  /** What is left of the model is not sent to a client that has left the round. */
  #leaveRound(): void {
    this.#chunksToSend = 0;
    this.#step({ type: "leftRound" });
  }

  #step(event: SessionEvent): void {
    const next = stepSession(this.#state, event);
    if (next === undefined) throw impossible(event.type, this.#state.phase);
    this.#state = next;
  }

  #stepMember(event: MemberEvent): void {
    const next = stepMember(this.#member, event);
    if (next === undefined) throw impossible(event.type, this.#member.stage);
    this.#member = next;
  }
}

/** A client that keeps to its table. What it does by itself is for the test to choose. */
class TableClient {
  readonly outbox: ClientMessage[] = [];
  #state: ClientState = GREETING;
  #hasGreeted = false;
  readonly phases = new Set<string>();

  receive(message: Received): void {
    const reception = afterReceiving(this.#state, message, CHUNK_BYTES);
    if (reception === undefined) throw impossible(`${message.type} comes`, this.#state.phase);
    this.#state = reception.state;
    this.phases.add(this.#state.phase);
  }

  /** Sends the `choice`-th of the messages that its table lets it send now. It seldom withdraws. */
  act(choice: number): void {
    const possible = this.#messages().flatMap((message) => {
      if (message.type === "withdraw" && choice > 0) return [];
      const state = afterSending(this.#state, message);
      return state === undefined ? [] : [{ message, state }];
    });
    const chosen = possible[choice % possible.length];
    if (chosen === undefined) return;
    if (chosen.message.type === "hello") {
      if (this.#hasGreeted) return; // the table lets nothing else be sent before `Welcome`
      this.#hasGreeted = true;
    }
    this.#state = chosen.state;
    this.phases.add(this.#state.phase);
    this.outbox.push(chosen.message);
  }

  #messages(): ClientMessage[] {
    const roundId = ("roundId" in this.#state ? this.#state.roundId : "rnd_none") as RoundId;
    const heldArtifacts: ArtifactId[] = [];
    const report = (updateBytes: number): ClientMessage => ({
      type: "reportBegin",
      roundId,
      reportNonce: new Uint8Array(16),
      exampleCount: 1,
      codec: updateBytes === 0 ? "" : "float32",
      updateBytes,
      metrics: [],
    });
    const checkIn: ClientMessage = {
      type: "checkIn",
      population: "writers",
      codecs: [],
      maxParameters: 1,
      exampleCount: 1,
      heldOutCount: 1,
      heldArtifacts,
    };
    return [
      { type: "hello", oldestVersion: 1, newestVersion: 1, software: "" },
      checkIn,
      checkIn,
      { type: "modelRequest", population: "writers", heldArtifacts },
      { type: "configured", roundId },
      report(UPDATE_BYTES),
      report(0),
      { type: "reportChunk", data: REPORT_PIECE },
      { type: "withdraw", roundId, code: "ABORTED", message: "" },
      { type: "probe", sentBytes: 0 },
    ];
  }
}

/** One move of the game; `choice` picks among what is possible then. */
const moves = fc.array(
  fc.record({
    who: fc.constantFrom("client", "server", "to-client", "to-server", "to-client", "to-server"),
    choice: fc.nat(11),
  }),
  { minLength: 40, maxLength: 240, size: "max" },
);

describe("the client's table of states and the server's", () => {
  it("never find each other in the wrong, however their messages cross", () => {
    const phases = new Set<string>();
    fc.assert(
      fc.property(moves, (game) => {
        const [client, server] = [new TableClient(), new TableServer()];
        for (const { who, choice } of game) {
          if (who === "client") client.act(choice);
          else if (who === "server") server.act(choice);
          else if (who === "to-client") {
            const message = server.outbox.shift();
            if (message !== undefined) client.receive(message);
          } else {
            const message = client.outbox.shift();
            if (message !== undefined) server.receive(message);
          }
        }
        for (const phase of client.phases) phases.add(phase);
      }),
      { numRuns: 1_500, seed: 20_261_130 },
    );
    // The games are worth something: together they get everywhere.
    expect([...phases].sort()).toEqual(
      [
        "asking",
        "configuring",
        "fetching",
        "idle",
        "reported",
        "training",
        "uploading",
        "waiting",
        "greeting",
      ].sort(),
    );
  });
});
