/** What the generated code gives for one message type. Decoded objects inherit the proto3 defaults. */
interface GeneratedType {
  encode(message: object): { finish(): Uint8Array };
  /** Byte fields of the result are views of `bytes`. */
  decode(bytes: Uint8Array): object;
}

export interface GeneratedMessages {
  readonly v1: { readonly ClientMessage: GeneratedType; readonly ServerMessage: GeneratedType };
}
