// The few web globals that this package uses. Browsers, workers and Node ≥ 20 have all of them.
// They are declared here, and the types of DOM and Node left out, so that the use of any other
// platform API fails to compile.
// UTF-8, in `encoding.ts`.
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}

declare function atob(base64: string): string;
// What the owner of a worker aborts a request with, in `worker-port/`.
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

// The scope of a Web Worker, in `worker-port/`. It exists in no other place.
declare const self: {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  close(): void;
};

// Some phones have no WebAssembly: ask with `typeof` first.
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
