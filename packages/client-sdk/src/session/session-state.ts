import {
  dueArtifacts,
  type ArtifactId,
  type ClientMessage,
  type Delivery,
  type HeldArtifacts,
  type PartialReference,
  type RoundId,
  type ServerMessage,
} from "@tributary/protocol";

/** What a session remembers in every phase. */
interface Memory {
  /**
   * The round that this session left last. The server may not have known it when it wrote, so a
   * message about this round is late and not wrong.
   */
  readonly leftRound: RoundId | undefined;
  /** Sealed chunks that may still be on their way for something that this session no longer wants. */
  readonly strayChunks: number;
}

/** What the client has told the server that it holds. */
interface Held {
  readonly artifacts: ReadonlySet<ArtifactId>;
  readonly partial: PartialReference | undefined;
}

/**
 * Where a session is in the protocol: the client's states of docs/protocol.md §4. From `resuming` to
 * `reported` it is in a round, and from `configuring` on they are the stages of a member, named as the server names them.
 *
 * Invariants: chunks are expected only while `chunksLeft` or `strayChunks` is above 0, so that no
 * server can send more of them than it has announced; a message about a round is accepted only when
 * it names the round of the present state.
 */
export type SessionState = Memory &
  (
    | { readonly phase: "greeting" }
    | { readonly phase: "idle" }
    | {
        readonly phase: "waiting";
        readonly held: Held;
        readonly accepted: boolean;
      }
    | {
        readonly phase: "fetching";
        readonly held: Held;
        readonly offered: boolean;
        readonly chunksLeft: number;
      }
    | { readonly phase: "resuming"; readonly held: Held; readonly roundId: RoundId }
    | { readonly phase: "configuring"; readonly roundId: RoundId; readonly chunksLeft: number }
    | { readonly phase: "training"; readonly roundId: RoundId }
    | { readonly phase: "asking"; readonly roundId: RoundId; readonly updateBytes: number }
    | { readonly phase: "uploading"; readonly roundId: RoundId; readonly bytesLeft: number }
    | { readonly phase: "reported"; readonly roundId: RoundId }
  );

/** What arrives from the server in a session: a message, or a chunk of an artifact. */
export type Received = ServerMessage | { readonly type: "sealedChunk" };

/** What to do with a message or a sealed chunk that has arrived. */
export interface Reception {
  readonly state: SessionState;
  /** False for something that arrived late and is to be ignored. */
  readonly deliver: boolean;
}

/** The state in which a session begins: the client waits for the answer to its greeting. */
export const GREETING: SessionState = {
  phase: "greeting",
  leftRound: undefined,
  strayChunks: 0,
};

/** The round that the session is in, if any. */
export function currentRound(state: SessionState): RoundId | undefined {
  return "roundId" in state ? state.roundId : undefined;
}

/**
 * The state after sending a message.
 * @returns `undefined` when the protocol does not allow the message in this state.
 */
export function afterSending(
  state: SessionState,
  message: ClientMessage,
): SessionState | undefined {
  const { leftRound, strayChunks } = state;
  const memory = { leftRound, strayChunks };
  switch (message.type) {
    case "hello":
      return state.phase === "greeting" ? state : undefined;
    case "probe":
      return state.phase === "greeting" ? undefined : state;
    case "checkIn":
      if (state.phase !== "idle") return undefined;
      return { ...memory, phase: "waiting", held: heldIn(message), accepted: false };
    case "modelRequest":
      if (state.phase !== "idle") return undefined;
      return {
        ...memory,
        phase: "fetching",
        held: heldIn(message),
        offered: false,
        chunksLeft: 0,
      };
    case "resume": {
      if (state.phase !== "idle") return undefined;
      return { ...memory, phase: "resuming", held: heldIn(message), roundId: message.roundId };
    }
    case "configured":
      if (state.phase !== "configuring" || state.roundId !== message.roundId) return undefined;
      return state.chunksLeft === 0
        ? { ...memory, phase: "training", roundId: state.roundId }
        : undefined;
    case "withdraw":
      if (state.phase !== "configuring" && state.phase !== "training" && state.phase !== "asking") {
        return undefined;
      }
      return state.roundId === message.roundId ? leave(state) : undefined;
    case "reportBegin":
      if (state.phase !== "training" || state.roundId !== message.roundId) return undefined;
      return {
        ...memory,
        phase: "asking",
        roundId: state.roundId,
        updateBytes: message.updateBytes,
      };
    case "reportChunk": {
      if (state.phase !== "uploading") return undefined;
      const bytesLeft = state.bytesLeft - message.data.length;
      return bytesLeft < 0 ? undefined : { ...state, bytesLeft };
    }
  }
}

/**
 * The state after receiving a message or a sealed chunk.
 * @param chunkBytes - Plaintext in one sealed chunk, bytes.
 * @returns `undefined` when the protocol does not allow it in this state.
 */
export function afterReceiving(
  state: SessionState,
  received: Received,
  chunkBytes: number,
): Reception | undefined {
  const { leftRound, strayChunks } = state;
  const memory = { leftRound, strayChunks };
  switch (received.type) {
    case "welcome":
      return state.phase === "greeting" ? taken({ ...memory, phase: "idle" }) : undefined;
    case "checkInAccepted":
      if (state.phase !== "waiting" || state.accepted) return undefined;
      return taken({ ...state, accepted: true });
    case "rejection":
      return state.phase === "waiting" ? taken(leave(state)) : undefined;
    case "roundConfiguration": {
      const isItsOwn = state.phase === "resuming" && state.roundId === received.roundId;
      if (state.phase !== "waiting" && !isItsOwn) return undefined;
      const chunksLeft = chunkCount(received.delivery, state.held, chunkBytes);
      if (chunksLeft === undefined) return undefined;
      const { roundId } = received;
      return taken({ leftRound, strayChunks: 0, phase: "configuring", roundId, chunksLeft });
    }
    case "resumed": {
      if (state.phase !== "resuming" || state.roundId !== received.roundId) return undefined;
      const { roundId, bytesLeft } = received;
      if (received.stage !== "uploading") {
        return taken({ ...memory, phase: received.stage, roundId });
      }
      return taken({ ...memory, phase: "uploading", roundId, bytesLeft });
    }
    case "modelOffer": {
      if (state.phase !== "fetching" || state.offered) return undefined;
      const chunksLeft = chunkCount(received.delivery, state.held, chunkBytes);
      if (chunksLeft === undefined) return undefined;
      return taken(
        chunksLeft === 0
          ? { leftRound, strayChunks: 0, phase: "idle" }
          : { ...state, strayChunks: 0, offered: true, chunksLeft },
      );
    }
    case "sealedChunk":
      return afterChunk(state);
    case "failure":
      // In an idle session it answers a request that the session has given up.
      return state.phase === "idle" ? late(state) : taken(leave(state));
    case "probeAnswer":
      // It is for the connection, whatever the session does by now.
      return state.phase === "greeting" ? undefined : late(state);
    case "reportGrant":
    case "reportResult":
    case "roundOutcome":
      if (received.roundId === leftRound) return late(state);
      return currentRound(state) === received.roundId ? aboutRound(state, received) : undefined;
  }
}

function aboutRound(
  state: SessionState,
  message: Extract<ServerMessage, { type: "reportGrant" | "reportResult" | "roundOutcome" }>,
): Reception | undefined {
  const { leftRound, strayChunks } = state;
  if (message.type === "roundOutcome") return taken(leave(state));
  if (message.type === "reportGrant") {
    if (state.phase !== "asking") return undefined;
    const { roundId, updateBytes } = state;
    return taken({ leftRound, strayChunks, phase: "uploading", roundId, bytesLeft: updateBytes });
  }
  if (state.phase !== "asking" && state.phase !== "uploading") return undefined;
  if (message.refused !== undefined) return taken(leave(state));
  // A report without an update needs no upload turn.
  const bytesLeft = state.phase === "asking" ? state.updateBytes : state.bytesLeft;
  if (bytesLeft > 0) return undefined;
  return taken({ leftRound, strayChunks, phase: "reported", roundId: state.roundId });
}

function afterChunk(state: SessionState): Reception | undefined {
  if ((state.phase === "configuring" || state.phase === "fetching") && state.chunksLeft > 0) {
    const chunksLeft = state.chunksLeft - 1;
    if (state.phase === "configuring" || chunksLeft > 0) return taken({ ...state, chunksLeft });
    const { leftRound, strayChunks } = state;
    return taken({ leftRound, strayChunks, phase: "idle" });
  }
  if (state.strayChunks === 0) return undefined;
  return late({ ...state, strayChunks: state.strayChunks - 1 });
}

/** Idle, with a memory of what was left behind. */
function leave(state: SessionState): SessionState {
  return {
    phase: "idle",
    leftRound: currentRound(state) ?? state.leftRound,
    strayChunks: state.strayChunks + ("chunksLeft" in state ? state.chunksLeft : 0),
  };
}

const heldIn = ({ heldArtifacts, partial }: HeldArtifacts): Held => ({
  artifacts: new Set(heldArtifacts),
  partial,
});

/**
 * Sealed chunks that follow a delivery to a client that holds `held`.
 * @returns `undefined` when the server leaves out chunks that the client has not said it has.
 */
function chunkCount(delivery: Delivery, held: Held, chunkBytes: number): number | undefined {
  const { partial } = delivery;
  const isKnown = partial?.id === held.partial?.id && partial?.chunks === held.partial?.chunks;
  if (partial !== undefined && !isKnown) return undefined;
  let count = 0;
  for (const due of dueArtifacts(delivery, (id) => held.artifacts.has(id))) {
    const chunks = Math.ceil(due.byteLength / chunkBytes) - due.keptChunks;
    if (chunks < 0) return undefined;
    count += chunks;
  }
  return count;
}

const taken = (state: SessionState): Reception => ({ state, deliver: true });
const late = (state: SessionState): Reception => ({ state, deliver: false });
