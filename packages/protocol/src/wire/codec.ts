/**
 * Messages to bytes and back. The generated code knows protocol buffers; this codec adds the types
 * of `messages.ts` and checks the form of everything that comes in.
 *
 * ```ts
 * const bytes = encodeClientMessage({ type: "configured", roundId });
 * decodeClientMessage(bytes); // { type: "configured", roundId }
 * ```
 */
import { CLIENT_DECODERS } from "./client-decoders.ts";
import { malformed, type Decoders, type Fields } from "./fields.ts";
import { clientBody, serverBody } from "./message-bodies.ts";
import { tributary } from "./messages.generated.ts";
import type { ClientMessage, ServerMessage } from "./messages.ts";
import { SERVER_DECODERS } from "./server-decoders.ts";

/**
 * Encodes a client's message for one channel record.
 * @param message - Not modified.
 * @returns New bytes: the plaintext of the record.
 */
export function encodeClientMessage(message: ClientMessage): Uint8Array {
  return tributary.v1.ClientMessage.encode({ [message.type]: clientBody(message) }).finish();
}

/**
 * Encodes a server's message for one channel record.
 * @param message - Not modified.
 * @returns New bytes: the plaintext of the record.
 */
export function encodeServerMessage(message: ServerMessage): Uint8Array {
  return tributary.v1.ServerMessage.encode({ [message.type]: serverBody(message) }).finish();
}

/**
 * Decodes a client's message and checks its form: every field has its type and its length. Whether
 * the message is allowed in the session's state is for the session to decide.
 * @param bytes - The plaintext of one record; not modified. Byte fields of the result are views of
 * it.
 * @throws TributaryError `MALFORMED_FRAME` for anything that is not such a message.
 */
export function decodeClientMessage(bytes: Uint8Array): ClientMessage {
  return decode(bytes, tributary.v1.ClientMessage, CLIENT_DECODERS);
}

/**
 * Decodes a server's message and checks its form, as `decodeClientMessage` does. The keys, nonces
 * and signatures of the result are copies.
 * @param bytes - The plaintext of one record; not modified.
 * @throws TributaryError `MALFORMED_FRAME` for anything that is not such a message.
 */
export function decodeServerMessage(bytes: Uint8Array): ServerMessage {
  return decode(bytes, tributary.v1.ServerMessage, SERVER_DECODERS);
}

/** Decodes the envelope, finds out which body it has, and hands it to that body's decoder. */
function decode<Message>(
  bytes: Uint8Array,
  envelope: { decode(bytes: Uint8Array): object },
  decoders: Decoders<Message>,
): Message {
  let decoded: Fields;
  try {
    decoded = envelope.decode(bytes) as Fields;
  } catch (error) {
    throw malformed("it is not a protocol buffer of the expected type", error);
  }
  // protobufjs answers the name of a `oneof` with the name of the field that is set.
  const name = decoded["body"];
  const decoder =
    typeof name === "string" && Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (decoder === undefined) throw malformed("it has no body that this version knows");
  return decoder(decoded[name as string] as Fields);
}
