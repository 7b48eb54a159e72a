// The few web globals that this package uses. Browsers, Node ≥ 20 and workers all have them; declaring them
// here, instead of taking in the DOM or Node types, keeps any other platform API out.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
