// The messages that a client accepts. Only the server that holds the pinned key can send them, but
// it may be newer or faulty.
import { toHex } from "../bytes/encoding.ts";
import { errorCodeFromWire } from "../errors.ts";
import type { CheckpointId, SessionId } from "../ids.ts";
import {
  artifact,
  malformed,
  metricsField,
  octets,
  partialField,
  record,
  roundIdField,
  text,
  uint,
  type Decoders,
  type Fields,
} from "./fields.ts";
import {
  RESUMED_STAGES,
  ROUND_PURPOSES,
  type CheckpointDifference,
  type Delivery,
  type Refusal,
  type ResumedStage,
  type RoundPurpose,
  type RoundScore,
  type ServerMessage,
} from "./messages.ts";

/** Checks each body that a server may send, and makes a `ServerMessage` of it. */
export const SERVER_DECODERS: Decoders<ServerMessage> = {
  welcome: (f) => ({
    type: "welcome",
    version: uint(f, "version"),
    sessionId: text(f, "sessionId") as SessionId,
    ...(f["answersProbes"] === true ? { answersProbes: true } : {}),
    ...time(f),
  }),
  checkInAccepted: (f) => {
    const waiting = uint(f, "waiting");
    return { type: "checkInAccepted", ...(waiting === 0 ? {} : { waiting }) };
  },
  rejection: (f) => ({ type: "rejection", ...refusal(f) }),
  roundConfiguration: (f) => ({
    type: "roundConfiguration",
    roundId: roundIdField(f),
    purpose: purpose(f),
    roundNumber: uint(f, "roundNumber"),
    taskName: text(f, "taskName"),
    delivery: delivery(f),
    reportNonce: octets(f, "reportNonce", 16).slice(),
    timeLeftMs: uint(f, "timeLeftMs"),
    ...resumeSecret(f),
  }),
  resumed: (f) => ({
    type: "resumed",
    roundId: roundIdField(f),
    resumeSecret: octets(f, "resumeSecret", 32).slice(),
    stage: resumedStage(f),
    bytesLeft: uint(f, "bytesLeft"),
    timeLeftMs: uint(f, "timeLeftMs"),
  }),
  reportGrant: (f) => ({ type: "reportGrant", roundId: roundIdField(f) }),
  reportResult: (f) => ({
    type: "reportResult",
    roundId: roundIdField(f),
    // 0 is no error code: it says that the report counts.
    refused: uint(f, "code") === 0 ? undefined : refusal(f),
  }),
  roundOutcome: (f) => ({
    type: "roundOutcome",
    roundId: roundIdField(f),
    // Exactly one of the two is set: an abandoned round has a reason and no checkpoint.
    outcome:
      text(f, "abandoned") === ""
        ? { committed: artifact(f["checkpoint"], "checkpoint") }
        : { abandoned: text(f, "abandoned") },
    nextCheckInMs: uint(f, "nextCheckInMs"),
    taskFinished: f["taskFinished"] === true,
    ...(f["score"] === null ? {} : { score: score(record(f["score"], "score")) }),
  }),
  modelOffer: (f) => ({
    type: "modelOffer",
    delivery: delivery(f),
    roundNumber: uint(f, "roundNumber"),
  }),
  failure: (f) => ({ type: "failure", ...refusal(f) }),
  probeAnswer: (f) => ({ type: "probeAnswer", sentBytes: uint(f, "sentBytes") }),
};

/** The server's time of day; an empty object when it does not tell it, or tells no time. */
function time(fields: Fields): { readonly time?: number } {
  const ms = fields["time"];
  return typeof ms === "number" && Number.isFinite(ms) && ms > 0 ? { time: ms } : {};
}

function score(fields: Fields): RoundScore {
  return { roundNumber: uint(fields, "roundNumber"), metrics: metricsField(fields) };
}

/** The three fields that tell of a refusal, which several messages have. */
function refusal(fields: Fields): Refusal {
  return {
    code: errorCodeFromWire(uint(fields, "code")),
    message: text(fields, "message"),
    retryAfterMs: uint(fields, "retryAfterMs"),
  };
}

/**
 * A number that this version does not know is refused: a client must not do what it does not
 * understand.
 */
function purpose(fields: Fields): RoundPurpose {
  const known = ROUND_PURPOSES[uint(fields, "purpose")];
  if (known === undefined) throw malformed("purpose has a value that this version does not know");
  return known;
}

/** The secret of a seat; an empty object when the server keeps no seat for this client. */
function resumeSecret(fields: Fields): { readonly resumeSecret?: Uint8Array } {
  if (octets(fields, "resumeSecret").length === 0) return {};
  return { resumeSecret: octets(fields, "resumeSecret", 32).slice() };
}

function resumedStage(fields: Fields): ResumedStage {
  const known = RESUMED_STAGES[uint(fields, "stage")];
  if (known === undefined) throw malformed("stage has a value that this version does not know");
  return known;
}

/** Copies of keys and signatures, since they are kept for longer than the message. */
function delivery(fields: Fields): Delivery {
  const inner = record(fields["delivery"], "delivery");
  return {
    plan: artifact(inner["plan"], "plan"),
    planSignature: octets(inner, "planSignature", 64).slice(),
    checkpoint: artifact(inner["checkpoint"], "checkpoint"),
    key: octets(inner, "key", 32).slice(),
    ...(inner["packed"] === null ? {} : { packed: artifact(inner["packed"], "packed") }),
    ...(inner["difference"] === null
      ? {}
      : { difference: difference(record(inner["difference"], "difference")) }),
    ...partialField(inner),
  };
}

/** The base and the packed form of a difference. */
function difference(fields: Fields): CheckpointDifference {
  return {
    base: toHex(octets(fields, "base", 32)) as CheckpointId,
    packed: artifact(fields["packed"], "packed"),
  };
}
