import { TributaryError, ERROR_CODES, errorCodeFromWire, type ErrorCode } from "../errors.ts";
import { fromHex, toHex } from "../bytes/encoding.ts";
import type { DeviceProof } from "../enrolment/device-proof.ts";
import type { ArtifactId, CheckpointId, RoundId, SessionId } from "../ids.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { tributary } from "./messages.generated.ts";
import type {
  ArtifactReference,
  CheckpointDifference,
  ClientMessage,
  Delivery,
  EnrolmentFields,
  MetricValue,
  RoundPurpose,
  ServerMessage,
} from "./messages.ts";

/** Text fields are names, ids and one-sentence explanations. */
const MAX_TEXT = 1_024;
const MAX_CODECS = 32;
/** By wire number. */
const PURPOSES: readonly RoundPurpose[] = ["training", "evaluation"];

/** Encodes one message for one channel record. */
export function encodeClientMessage(message: ClientMessage): Uint8Array {
  return tributary.v1.ClientMessage.encode({ [message.type]: clientBody(message) }).finish();
}

/** Encodes one message for one channel record. */
export function encodeServerMessage(message: ServerMessage): Uint8Array {
  return tributary.v1.ServerMessage.encode({ [message.type]: serverBody(message) }).finish();
}

/**
 * Decodes and checks the form of a client's message: every field is of its type and within its length.
 * Whether the message fits the session's state is for the session to say.
 * @param bytes - One record's plaintext. Byte fields of the result are views of it.
 * @throws TributaryError `MALFORMED_FRAME`.
 */
export function decodeClientMessage(bytes: Uint8Array): ClientMessage {
  return decode(bytes, tributary.v1.ClientMessage, CLIENT_DECODERS);
}

/** As `decodeClientMessage`, for what a server sends. */
export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  return decode(bytes, tributary.v1.ServerMessage, SERVER_DECODERS);
}

type Fields = Readonly<Record<string, unknown>>;

function clientBody(message: ClientMessage): object {
  switch (message.type) {
    case "checkIn":
    case "modelRequest":
      return { ...message, heldArtifacts: message.heldArtifacts.map(fromHex) };
    case "withdraw":
      return { ...message, code: wireNumber(message.code), message: clip(message.message) };
    default:
      return message;
  }
}

function serverBody(message: ServerMessage): object {
  switch (message.type) {
    case "rejection":
    case "failure":
      return { ...message, code: wireNumber(message.code), message: clip(message.message) };
    case "roundConfiguration":
      return {
        ...message,
        purpose: PURPOSES.indexOf(message.purpose),
        delivery: deliveryBody(message.delivery),
      };
    case "modelOffer":
      return { ...message, delivery: deliveryBody(message.delivery) };
    case "reportResult": {
      const { roundId, refused } = message;
      if (refused === undefined) return { roundId };
      return {
        ...refused,
        roundId,
        code: wireNumber(refused.code),
        message: clip(refused.message),
      };
    }
    case "roundOutcome": {
      const { outcome, ...rest } = message;
      return "committed" in outcome
        ? { ...rest, checkpoint: artifactBody(outcome.committed) }
        : { ...rest, abandoned: clip(outcome.abandoned) };
    }
    default:
      return message;
  }
}

const deliveryBody = ({ packed, difference, ...delivery }: Delivery): object => ({
  ...delivery,
  plan: artifactBody(delivery.plan),
  checkpoint: artifactBody(delivery.checkpoint),
  ...(packed === undefined ? {} : { packed: artifactBody(packed) }),
  ...(difference === undefined
    ? {}
    : {
        difference: {
          base: fromHex(difference.base),
          packed: artifactBody(difference.packed),
        },
      }),
});

const artifactBody = (reference: ArtifactReference): object => ({
  sha256: fromHex(reference.id),
  byteLength: reference.byteLength,
});

function wireNumber(code: ErrorCode): number {
  return ERROR_CODES[code].wire ?? 1;
}

const clip = (message: string): string => message.slice(0, MAX_TEXT);

function malformed(what: string, cause?: unknown): TributaryError {
  return new TributaryError("MALFORMED_FRAME", `The message is malformed: ${what}`, { cause });
}

function decode<Message>(
  bytes: Uint8Array,
  type: { decode(bytes: Uint8Array): object },
  decoders: Readonly<Record<string, (fields: Fields) => Message>>,
): Message {
  let decoded: Fields;
  try {
    decoded = type.decode(bytes) as Fields;
  } catch (error) {
    throw malformed("it is not a protocol buffer of the expected type", error);
  }
  const name = decoded["body"];
  const decoder =
    typeof name === "string" && Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (decoder === undefined) throw malformed("it has no known body");
  return decoder(decoded[name as string] as Fields);
}

const CLIENT_DECODERS: Readonly<Record<string, (fields: Fields) => ClientMessage>> = {
  hello: (f) => ({
    type: "hello",
    oldestVersion: uint(f, "oldestVersion"),
    newestVersion: uint(f, "newestVersion"),
    software: text(f, "software"),
  }),
  checkIn: (f) => ({
    type: "checkIn",
    population: text(f, "population"),
    codecs: list(f, "codecs", MAX_CODECS).map((codec) => asText(codec, "codecs")),
    maxParameters: uint(f, "maxParameters"),
    exampleCount: uint(f, "exampleCount"),
    heldOutCount: uint(f, "heldOutCount"),
    heldArtifacts: artifactIds(f),
    ...enrolment(f),
  }),
  configured: (f) => ({ type: "configured", roundId: roundIdField(f) }),
  withdraw: (f) => ({
    type: "withdraw",
    roundId: roundIdField(f),
    code: errorCodeFromWire(uint(f, "code")),
    message: text(f, "message"),
  }),
  reportBegin: (f) => ({
    type: "reportBegin",
    roundId: roundIdField(f),
    reportNonce: octets(f, "reportNonce", 16),
    exampleCount: uint(f, "exampleCount"),
    codec: text(f, "codec"),
    updateBytes: uint(f, "updateBytes"),
    metrics: list(f, "metrics", DEFAULT_LIMITS.maxMetrics).map(metric),
  }),
  reportChunk: (f) => ({ type: "reportChunk", data: octets(f, "data") }),
  modelRequest: (f) => ({
    type: "modelRequest",
    population: text(f, "population"),
    heldArtifacts: artifactIds(f),
    ...enrolment(f),
  }),
};

const SERVER_DECODERS: Readonly<Record<string, (fields: Fields) => ServerMessage>> = {
  welcome: (f) => ({
    type: "welcome",
    version: uint(f, "version"),
    sessionId: text(f, "sessionId") as SessionId,
  }),
  checkInAccepted: () => ({ type: "checkInAccepted" }),
  rejection: (f) => ({ type: "rejection", ...failureFields(f) }),
  roundConfiguration: (f) => ({
    type: "roundConfiguration",
    roundId: roundIdField(f),
    purpose: purpose(f),
    roundNumber: uint(f, "roundNumber"),
    taskName: text(f, "taskName"),
    delivery: delivery(f),
    reportNonce: octets(f, "reportNonce", 16).slice(),
    timeLeftMs: uint(f, "timeLeftMs"),
  }),
  reportGrant: (f) => ({ type: "reportGrant", roundId: roundIdField(f) }),
  reportResult: (f) => ({
    type: "reportResult",
    roundId: roundIdField(f),
    refused: uint(f, "code") === 0 ? undefined : failureFields(f),
  }),
  roundOutcome: (f) => ({
    type: "roundOutcome",
    roundId: roundIdField(f),
    outcome:
      text(f, "abandoned") === ""
        ? { committed: artifact(f["checkpoint"], "checkpoint") }
        : { abandoned: text(f, "abandoned") },
    nextCheckInMs: uint(f, "nextCheckInMs"),
    taskFinished: f["taskFinished"] === true,
  }),
  modelOffer: (f) => ({
    type: "modelOffer",
    delivery: delivery(f),
    roundNumber: uint(f, "roundNumber"),
  }),
  failure: (f) => ({ type: "failure", ...failureFields(f) }),
};

function failureFields(f: Fields): { code: ErrorCode; message: string; retryAfterMs: number } {
  return {
    code: errorCodeFromWire(uint(f, "code")),
    message: text(f, "message"),
    retryAfterMs: uint(f, "retryAfterMs"),
  };
}

function purpose(f: Fields): RoundPurpose {
  const known = PURPOSES[uint(f, "purpose")];
  // Not training by default: a client must do nothing that it does not understand.
  if (known === undefined) throw malformed("purpose is none that this version knows");
  return known;
}

function delivery(f: Fields): Delivery {
  const fields = record(f["delivery"], "delivery");
  return {
    plan: artifact(fields["plan"], "plan"),
    planSignature: octets(fields, "planSignature", 64).slice(),
    checkpoint: artifact(fields["checkpoint"], "checkpoint"),
    key: octets(fields, "key", 32).slice(),
    ...(fields["packed"] === null ? {} : { packed: artifact(fields["packed"], "packed") }),
    ...(fields["difference"] === null
      ? {}
      : { difference: difference(record(fields["difference"], "difference")) }),
  };
}

function difference(fields: Fields): CheckpointDifference {
  return {
    base: toHex(octets(fields, "base", 32)) as CheckpointId,
    packed: artifact(fields["packed"], "packed"),
  };
}

function artifact<Id extends ArtifactId>(value: unknown, name: string): ArtifactReference<Id> {
  const fields = record(value, name);
  return {
    id: toHex(octets(fields, "sha256", 32)) as Id,
    byteLength: uint(fields, "byteLength"),
  };
}

function artifactIds(f: Fields): readonly ArtifactId[] {
  return list(f, "heldArtifacts", DEFAULT_LIMITS.maxHeldArtifacts).map((value) => {
    if (!(value instanceof Uint8Array) || value.length !== 32) {
      throw malformed("heldArtifacts holds something that is not a SHA-256");
    }
    return toHex(value) as ArtifactId;
  });
}

function enrolment(f: Fields): EnrolmentFields {
  const token = asText(f["token"], "token", DEFAULT_LIMITS.maxEnrolmentTokenBytes);
  return {
    ...(token === "" ? {} : { token }),
    ...(f["device"] === null ? {} : { device: deviceProof(record(f["device"], "device")) }),
  };
}

function deviceProof(fields: Fields): DeviceProof {
  return {
    publicKey: octets(fields, "publicKey", 32).slice(),
    signature: octets(fields, "signature", 64).slice(),
  };
}

function metric(value: unknown): MetricValue {
  const fields = record(value, "metrics");
  const number = fields["value"];
  if (typeof number !== "number") throw malformed("a metric has no value");
  return { name: text(fields, "name"), value: number };
}

function record(value: unknown, name: string): Fields {
  if (typeof value !== "object" || value === null) throw malformed(`${name} is missing`);
  return value as Fields;
}

function list(f: Fields, name: string, maxLength: number): readonly unknown[] {
  const value = f[name];
  if (!Array.isArray(value)) throw malformed(`${name} is not a list`);
  if (value.length > maxLength) throw malformed(`${name} has more than ${maxLength} entries`);
  return value;
}

function uint(f: Fields, name: string): number {
  const value = f[name];
  if (typeof value !== "number") throw malformed(`${name} is not a number`);
  return value;
}

const text = (f: Fields, name: string): string => asText(f[name], name);

function asText(value: unknown, name: string, maxLength: number = MAX_TEXT): string {
  if (typeof value !== "string") throw malformed(`${name} is not text`);
  if (value.length > maxLength) throw malformed(`${name} is longer than ${maxLength} characters`);
  return value;
}

function roundIdField(f: Fields): RoundId {
  return text(f, "roundId") as RoundId;
}

function octets(f: Fields, name: string, length?: number): Uint8Array {
  const value = f[name];
  if (!(value instanceof Uint8Array)) throw malformed(`${name} is not bytes`);
  if (length !== undefined && value.length !== length) {
    throw malformed(`${name} is not ${length} bytes long`);
  }
  return value;
}
