/**
 * Messages as the generated code takes them: ids as bytes, error codes and purposes as numbers.
 * Fields that are the same in both forms go through as they are, and the encoder ignores `type`.
 */
import { fromHex } from "../bytes/encoding.ts";
import { ERROR_CODES, type ErrorCode } from "../errors.ts";
import { MAX_TEXT_LENGTH } from "./fields.ts";
import {
  RESUMED_STAGES,
  ROUND_PURPOSES,
  type ArtifactReference,
  type ClientMessage,
  type Delivery,
  type HeldArtifacts,
  type PartialReference,
  type ServerMessage,
} from "./messages.ts";

/** The body of a client's envelope. */
export function clientBody(message: ClientMessage): object {
  switch (message.type) {
    case "checkIn":
      return {
        ...message,
        ...heldBody(message),
        declinedPlans: (message.declinedPlans ?? []).map(fromHex),
      };
    case "modelRequest":
    case "resume":
      return { ...message, ...heldBody(message) };
    case "withdraw":
      return { ...message, ...explanation(message) };
    default:
      return message;
  }
}

function heldBody({ heldArtifacts, partial }: HeldArtifacts): object {
  return { heldArtifacts: heldArtifacts.map(fromHex), partial: partialBody(partial) };
}

/** The body of a server's envelope. */
export function serverBody(message: ServerMessage): object {
  switch (message.type) {
    case "rejection":
    case "failure":
      return { ...message, ...explanation(message) };
    case "roundConfiguration":
      return {
        ...message,
        purpose: ROUND_PURPOSES.indexOf(message.purpose),
        delivery: deliveryBody(message.delivery),
      };
    case "resumed":
      return { ...message, stage: RESUMED_STAGES.indexOf(message.stage) };
    case "modelOffer":
      return { ...message, delivery: deliveryBody(message.delivery) };
    case "reportResult": {
      const { roundId, refused } = message;
      // Without a code, which is then 0: the report counts.
      return refused === undefined ? { roundId } : { roundId, ...refused, ...explanation(refused) };
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

const deliveryBody = ({ packed, difference, partial, ...delivery }: Delivery): object => ({
  ...delivery,
  partial: partialBody(partial),
  plan: artifactBody(delivery.plan),
  checkpoint: artifactBody(delivery.checkpoint),
  ...(packed === undefined ? {} : { packed: artifactBody(packed) }),
  ...(difference === undefined
    ? {}
    : {
        difference: { base: fromHex(difference.base), packed: artifactBody(difference.packed) },
      }),
});

const partialBody = (partial: PartialReference | undefined): object | undefined =>
  partial && { sha256: fromHex(partial.id), chunks: partial.chunks };

const artifactBody = (reference: ArtifactReference): object => ({
  sha256: fromHex(reference.id),
  byteLength: reference.byteLength,
});

/** An error's code and text. Codes that never leave their side travel as `INTERNAL`. */
const explanation = (error: { readonly code: ErrorCode; readonly message: string }): object => ({
  code: ERROR_CODES[error.code].wire ?? ERROR_CODES.INTERNAL.wire,
  message: clip(error.message),
});

/** The other side refuses a longer text, so that an explanation is cut and not lost. */
const clip = (message: string): string => message.slice(0, MAX_TEXT_LENGTH);
