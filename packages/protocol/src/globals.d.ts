// The few web globals that this package uses. Browsers, Node ≥ 20 and workers all have them; declaring them
// here, instead of taking in the DOM or Node types, keeps any other platform API out.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}

declare function atob(base64: string): string;

// Absent on some phones: ask with `typeof` first.
declare namespace WebAssembly {
  class CompileError extends Error {}
  interface Module {}
  interface Instance {
    readonly exports: object;
  }
  const Module: new (bytes: Uint8Array) => Module;
  const Instance: new (module: Module) => Instance;
  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  function instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ readonly instance: Instance }>;
}
