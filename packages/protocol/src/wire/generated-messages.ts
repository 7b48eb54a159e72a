/**
 * What the generated code offers for one type of message. The fields of decoded objects that were
 * not sent have the defaults of proto3: 0, empty text, no bytes, `null` for a nested message.
 */
interface GeneratedType {
  /** Fields that the type does not have are ignored. */
  encode(message: object): { finish(): Uint8Array };
  /**
   * @throws when the bytes are not a protocol buffer. Byte fields of the result are views of
   * `bytes`.
   */
  decode(bytes: Uint8Array): object;
}

/**
 * The part of `messages.generated.ts` that is used. The generated code has no types of its own, so
 * this is what the rest of the package sees of it.
 */
export interface GeneratedMessages {
  readonly v1: { readonly ClientMessage: GeneratedType; readonly ServerMessage: GeneratedType };
}
