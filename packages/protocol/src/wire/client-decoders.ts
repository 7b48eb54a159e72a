// The messages that a server accepts. Every field of them comes from a stranger.
import { toHex } from "../bytes/encoding.ts";
import type { DeviceProof } from "../enrolment/device-proof.ts";
import { errorCodeFromWire } from "../errors.ts";
import type { ArtifactId, PlanId, SessionId } from "../ids.ts";
import { PROTOCOL_CONSTANTS } from "../protocol-constants.ts";
import {
  asText,
  list,
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
import type { ClientMessage, EnrolmentFields, HeldArtifacts, MetricBasis } from "./messages.ts";

/** More codecs than exist. */
const MAX_CODECS = 32;
/** More features of plans than exist, and more characters than the name of one has. */
const MAX_PLAN_FEATURES = 64;
const MAX_FEATURE_NAME = 64;

/** Checks each body that a client may send, and makes a `ClientMessage` of it. */
export const CLIENT_DECODERS: Decoders<ClientMessage> = {
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
    ...(f["resumes"] === true ? { resumes: true } : {}),
    declinedPlans: hashes(f, "declinedPlans", PROTOCOL_CONSTANTS.maxDeclinedPlans) as PlanId[],
    ...heldArtifacts(f),
    planFeatures: planFeatures(f),
    ...enrolment(f),
  }),
  configured: (f) => ({ type: "configured", roundId: roundIdField(f) }),
  withdraw: (f) => ({
    type: "withdraw",
    roundId: roundIdField(f),
    // A number that is not known reads as INTERNAL, so that a newer client can give newer reasons.
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
    metrics: metricsField(f),
    ...bases(f),
  }),
  // A view, and not a copy: the server copies the piece once, into the buffer of its report.
  reportChunk: (f) => ({ type: "reportChunk", data: octets(f, "data") }),
  modelRequest: (f) => ({
    type: "modelRequest",
    population: text(f, "population"),
    ...heldArtifacts(f),
    planFeatures: planFeatures(f),
    ...enrolment(f),
  }),
  resume: (f) => ({
    type: "resume",
    population: text(f, "population"),
    roundId: roundIdField(f),
    sessionId: text(f, "sessionId") as SessionId,
    resumeSecret: octets(f, "resumeSecret", 32).slice(),
    ...payloadHash(f),
    ...heldArtifacts(f),
    ...enrolment(f),
  }),
  probe: (f) => ({ type: "probe", sentBytes: uint(f, "sentBytes") }),
};

/** A copy, since it is kept until the report has come. */
function payloadHash(fields: Fields): { readonly payloadSha256?: Uint8Array } {
  if (octets(fields, "payloadSha256").length === 0) return {};
  return { payloadSha256: octets(fields, "payloadSha256", 32).slice() };
}

/** The names of the artifacts that the client says it holds, and what it has of another. */
function heldArtifacts(fields: Fields): HeldArtifacts {
  const ids = hashes(fields, "heldArtifacts", PROTOCOL_CONSTANTS.maxHeldArtifacts);
  return { heldArtifacts: ids as ArtifactId[], ...partialField(fields) };
}

/** A list of SHA-256, in hexadecimal. */
function hashes(fields: Fields, name: string, most: number): string[] {
  return list(fields, name, most).map((value) => {
    if (value instanceof Uint8Array && value.length === 32) return toHex(value);
    throw malformed(`${name} holds something that is not a SHA-256`);
  });
}

/** The names of the plan features that the client says it knows; this build may not know them. */
function planFeatures(fields: Fields): readonly string[] {
  return list(fields, "planFeatures", MAX_PLAN_FEATURES).map((name) =>
    asText(name, "planFeatures", MAX_FEATURE_NAME),
  );
}

/** Token and device proof; a field that the client left out is absent from the result. */
function enrolment(fields: Fields): EnrolmentFields {
  const token = asText(fields["token"], "token", PROTOCOL_CONSTANTS.maxEnrolmentTokenBytes);
  const device = fields["device"];
  return {
    ...(token === "" ? {} : { token }),
    ...(device === null ? {} : { device: deviceProof(record(device, "device")) }),
  };
}

/** Copies, since the proof is kept for longer than the message. */
function deviceProof(fields: Fields): DeviceProof {
  return {
    publicKey: octets(fields, "publicKey", 32).slice(),
    signature: octets(fields, "signature", 64).slice(),
  };
}

/** The bases of a report. Whether they are those of the plan is checked later. */
function bases(fields: Fields): { readonly bases?: readonly MetricBasis[] } {
  let left = PROTOCOL_CONSTANTS.maxBasisValues;
  const found = list(fields, "bases", PROTOCOL_CONSTANTS.maxMetrics).map((value): MetricBasis => {
    const basis = record(value, "bases");
    const values = list(basis, "values", left).map((number) => {
      if (typeof number !== "number") throw malformed("a basis has a value that is no number");
      return number;
    });
    left -= values.length;
    return { name: text(basis, "name"), values };
  });
  return found.length === 0 ? {} : { bases: found };
}
